using System.Globalization;
using System.IO.Compression;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.PyTorch;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.PyTorch;

/// <summary>
/// Whatever the bytes, reading ends in a model or in <see cref="InvalidModelFileException"/>. The inputs are mutations of
/// sound files, the same in every run; VGGTRANSFER_FUZZ sets another number of them.
/// </summary>
public sealed class PyTorchFuzzTests
{
    private const int Inputs = 5_000;

    // Every instruction, so that mutations meet all of them.
    private static readonly byte[] s_opcodes = [.. Enum.GetValues<PickleOpcode>().Select(opcode => (byte)opcode)];

    private static readonly string[] s_tokens =
    [
        "cos\nsystem\n", "ctorch\nSize\n", "ccollections\nOrderedDict\n)R", "ctorch._utils\n_rebuild_parameter\n", "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f",
        "\x8a\x08\0\0\0\0\0\0\0\x80", "J\xff\xff\xff\xff", "K\0", "h\0", "h\x01", "q\0", "((", "tR", "}", "]", "Q", "b", "PK\x01\x02", "PK\x05\x06",
    ];

    [Fact]
    public void Mutated_files_give_a_model_or_our_exception()
    {
        int inputs = int.TryParse(Environment.GetEnvironmentVariable("VGGTRANSFER_FUZZ"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Inputs;
        Seed[] seeds = [.. Seeds()];
        var random = new Random(20240817);
        int read = 0;
        for (int input = 0; input < inputs; input++)
        {
            byte[] file = seeds[input % seeds.Length].Mutate(random);
            read += Fuzz.IsRead(input, () =>
            {
                using WeightsContent content = PyTorchModelReader.Read(MappedFile.InMemory(file, "x.pth"));
                _ = content.Model.Tensors.Values.Sum(tensor => tensor.ToSingles().Length);
            }) ? 1 : 0;
        }

        // Mutations of weights and of unused instructions leave a sound file: both outcomes must occur.
        Assert.InRange(read, inputs / 100, inputs * 9 / 10);
    }

    /// <summary>A file, either mutated as a whole, or put together again around a mutated pickle.</summary>
    private sealed record Seed(byte[] File, byte[] Pickle, Func<byte[], byte[]> Around)
    {
        public byte[] Mutate(Random random) => random.Next(3) switch
        {
            0 => Changed(File, random, random.Next(2) == 0 ? File.Length : Math.Min(File.Length, 400), fromEnd: random.Next(2) == 0),
            _ => Around(Changed(Pickle, random, Pickle.Length, fromEnd: false)),
        };
    }

    private static IEnumerable<Seed> Seeds()
    {
        VggModel model = RandomModels.Create(RandomModels.Tiny with { BatchNorm = true });
        var pickle = new TorchPickle();
        (string, object)[] checkpoint = [("epoch", 3L), ("state_dict", pickle.StateDict(model, name => "module." + name)), ("list", new List<object> { 1L, "a" })];
        byte[] content = pickle.Pickle(checkpoint);
        (string, byte[])[] storages = [.. pickle.Storages.Select(pair => ($"a/data/{pair.Key}", pair.Value))];
        foreach (CompressionLevel compression in new[] { CompressionLevel.NoCompression, CompressionLevel.Fastest })
        {
            yield return new Seed(
                TorchPickle.Zip(compression, [("a/data.pkl", content), .. storages]),
                content,
                mutated => TorchPickle.Zip(CompressionLevel.NoCompression, [("a/data.pkl", mutated), .. storages]));
        }

        byte[] legacy = pickle.Legacy(checkpoint);
        int start = legacy.AsSpan().IndexOf(content);
        yield return new Seed(legacy, content, mutated => [.. legacy[..start], .. mutated, .. legacy[(start + content.Length)..]]);

        using var folder = new TemporaryFolder();
        PyTorchModelWriter.Write(model, folder.File("m"));
        byte[] written = File.ReadAllBytes(folder.File("m"));
        byte[] ours = PickleWriter.StateDict([.. model.Tensors.Values], null).ToArray();
        int place = written.AsSpan().IndexOf(ours);
        yield return new Seed(written, ours, mutated => [.. written[..place], .. mutated.Take(ours.Length), .. new byte[Math.Max(0, ours.Length - mutated.Length)], .. written[(place + ours.Length)..]]);
    }

    private static byte[] Changed(byte[] original, Random random, int within, bool fromEnd)
    {
        List<byte> bytes = [.. original];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int position = Math.Min(bytes.Count - 1, fromEnd ? original.Length - 1 - random.Next(within) : random.Next(within));
            switch (random.Next(8))
            {
                case 0:
                    bytes[position] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[position] = s_opcodes[random.Next(s_opcodes.Length)];
                    break;
                case 3:
                    bytes.Insert(position, s_opcodes[random.Next(s_opcodes.Length)]);
                    break;
                case 4:
                    bytes.InsertRange(position, System.Text.Encoding.Latin1.GetBytes(s_tokens[random.Next(s_tokens.Length)]));
                    break;
                case 5:
                    bytes.RemoveRange(position, Math.Min(random.Next(1, 12), bytes.Count - position - 1));
                    break;
                case 6:
                    bytes.InsertRange(position, bytes.GetRange(position, Math.Min(random.Next(1, 60), bytes.Count - position)));
                    break;
                default:
                    // A field of four or eight bytes: lengths and positions.
                    byte[] field = BitConverter.GetBytes(random.Next(3) switch { 0 => random.NextInt64(), 1 => 1L << random.Next(63), _ => -random.NextInt64(1000) });
                    for (int i = 0; i < (random.Next(2) == 0 ? 4 : 8) && position + i < bytes.Count; i++)
                    {
                        bytes[position + i] = field[i];
                    }

                    break;
            }
        }

        return random.Next(40) == 0 ? [.. bytes.Take(random.Next(1, bytes.Count))] : [.. bytes];
    }
}
