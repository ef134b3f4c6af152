using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Safetensors;

/// <summary>
/// Whatever the bytes, reading ends in a model or in <see cref="InvalidModelFileException"/>. The inputs are mutations of a
/// sound file, the same in every run; VGGTRANSFER_FUZZ sets another number of them.
/// </summary>
public sealed class SafetensorsFuzzTests
{
    private const int Inputs = 20_000;

    private static readonly byte[][] s_tokens =
    [
        .. new[]
        {
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u0000", "\\ud800", "null", "true", "-1", "0", "1.5", "1e9", "4294967296", "2147483647",
            "9223372036854775807", "18446744073709551615", "99999999999999999999999", "\"F32\"", "\"F16\"", "\"I64\"", "\"F4\"", "__metadata__",
            "shape", "dtype", "data_offsets", "features.0.weight", "vggtransfer.architecture", "vggtransfer.format_version", "\n", "\u00e9",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    [Fact]
    public void Mutated_files_give_a_model_or_our_exception()
    {
        int inputs = int.TryParse(Environment.GetEnvironmentVariable("VGGTRANSFER_FUZZ"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Inputs;
        byte[][] seeds = [Seed(withMetadata: true), Seed(withMetadata: false)];
        var random = new Random(20240817);
        int read = 0;
        for (int input = 0; input < inputs; input++)
        {
            byte[] bytes = Mutate(seeds[input % seeds.Length], random);
            read += Fuzz.IsRead(input, () =>
            {
                using VggModel model = SafetensorsModelReader.Read(SafetensorsFile.Parse(bytes));
                _ = model.Tensors.Values.Sum(tensor => tensor.ToSingles().Length);
            }) ? 1 : 0;
        }

        // Mutations of weights and of free text leave a sound file: both outcomes must occur.
        Assert.InRange(read, inputs / 100, inputs * 9 / 10);
    }

    private static byte[] Seed(bool withMetadata)
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        SafetensorsModelWriter.Write(model, folder.File("m"), cancellationToken: TestContext.Current.CancellationToken);
        byte[] bytes = File.ReadAllBytes(folder.File("m"));
        if (withMetadata)
        {
            return bytes;
        }

        string header = Encoding.UTF8.GetString(bytes, 8, (int)BinaryPrimitives.ReadInt64LittleEndian(bytes));
        string bare = "{" + header[header.IndexOf("\"features.0.weight\"", StringComparison.Ordinal)..];
        return SafetensorsFileTests.Bytes(bare, bytes[(8 + header.Length)..]);
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(seed);
        var header = seed.AsSpan(8, headerLength).ToArray().ToList();
        var data = seed.AsSpan(8 + headerLength).ToArray().ToList();
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int position = random.Next(header.Count);
            switch (random.Next(10))
            {
                case 0:
                    header[position] = (byte)random.Next(256);
                    break;
                case 1:
                    header[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    header.InsertRange(position, s_tokens[random.Next(s_tokens.Length)]);
                    break;
                case 3:
                    header.RemoveRange(position, Math.Min(random.Next(1, 40), header.Count - position - 1));
                    break;
                case 4:
                    header.InsertRange(position, header.GetRange(position, Math.Min(random.Next(1, 120), header.Count - position)));
                    break;
                case 5:
                    ReplaceNumber(header, position, random);
                    break;
                case 6:
                    data[random.Next(data.Count)] = (byte)random.Next(256);
                    break;
                case 7:
                    data.RemoveRange(data.Count - 2, random.Next(2));
                    break;
                case 8:
                    data.AddRange(new byte[random.Next(2)]);
                    break;
                default:
                    byte[] token = s_tokens[random.Next(s_tokens.Length)];
                    for (int i = 0; i < token.Length && position + i < header.Count; i++)
                    {
                        header[position + i] = token[i];
                    }

                    break;
            }
        }

        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, random.Next(20) switch
        {
            0 => random.NextInt64(),
            1 => header.Count + random.Next(-3, 4),
            _ => header.Count,
        });
        byte[] whole = [.. length, .. header, .. data];
        return random.Next(30) == 0 ? whole[..random.Next(whole.Length)] : whole;
    }

    /// <summary>Puts another number in the place of the next one: the fields that sizes are computed from.</summary>
    private static void ReplaceNumber(List<byte> header, int position, Random random)
    {
        int start = header.FindIndex(position, character => character is >= (byte)'0' and <= (byte)'9');
        if (start < 0)
        {
            return;
        }

        int end = start;
        while (end < header.Count && header[end] is >= (byte)'0' and <= (byte)'9')
        {
            end++;
        }

        long number = random.Next(4) switch
        {
            0 => random.Next(10),
            1 => random.NextInt64(),
            2 => -random.NextInt64(),
            _ => 1L << random.Next(63),
        };
        header.RemoveRange(start, end - start);
        header.InsertRange(start, Encoding.ASCII.GetBytes(number.ToString(CultureInfo.InvariantCulture)));
    }
}
