using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Weights.Formats.Keras;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.KerasFiles;

/// <summary>
/// Whatever the bytes, reading ends in a model or in <see cref="InvalidModelFileException"/>. The inputs are mutations of sound
/// files, the same in every run; VGGTRANSFER_FUZZ sets another number of them.
/// </summary>
public sealed class KerasFuzzTests
{
    private const int Inputs = 3_000;

    private static readonly string[] s_tokens =
    [
        "{", "}", "[", "]", ",", ":", "\"", "null", "true", "-1", "0", "1e999", "2147483648", "\"relu\"", "\"linear\"", "\"Sequential\"", "\"Functional\"",
        "\"Conv2D\"", "\"Dense\"", "\"layers\"", "\"config\"", "\"class_name\"", "\"name\"", "\"items\"", "\"inbound_nodes\"", "\"batch_shape\"", "\\ud800", "block1_conv1",
    ];

    private static readonly string[] s_values = ["null", "3", "-1", "[]", "{}", "\"x\"", "true", "[2, 2]", "0.5"];

    private static readonly string[] s_files = ["keras3/vgg11.bfloat16.weights.h5", "tf_keras/vgg11.bfloat16.full.h5", "tf_keras/nested_partly_frozen.weights_only.h5", "keras3/vgg16.notop.h5"];

    private static int Count => int.TryParse(Environment.GetEnvironmentVariable("VGGTRANSFER_FUZZ"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Inputs;

    [Fact]
    public void Mutated_file_of_the_newer_format_gives_a_model_or_our_exception()
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        KerasH5ModelWriter.Write(model, folder.File("m.h5"), cancellationToken: TestContext.Current.CancellationToken);
        Fuzz([File.ReadAllBytes(folder.File("m.h5"))]);
    }

    [Fact]
    public void Mutated_files_of_Keras_give_a_model_or_our_exception() =>
        Fuzz([.. s_files.Select(name => File.ReadAllBytes(SharedData.Require($"goldens/weights/{name}")))]);

    [Fact]
    public void Mutated_configurations_give_a_model_or_our_exception()
    {
        (byte[] Config, byte[] Weights)[] seeds = [Unpack("vgg16_bn.keras"), Unpack("nested.keras")];
        var random = new Random(31);
        int read = 0;
        for (int input = 0; input < Count; input++)
        {
            (byte[] config, byte[] weights) = seeds[input % seeds.Length];
            byte[] mutated = MutateText(config, random);
            read += Try(input, () =>
            {
                IReadOnlyList<KerasOperation>? operations = KerasConfig.Parse(mutated, "memory", "Keras archive");
                using Hdf5File file = Hdf5File.Parse(weights);
                return KerasChain.Read(Keras3Layers.Read(file, operations), file, WeightsFormat.Keras, new WeightsReadOptions());
            });
        }

        Assert.InRange(read, Count / 100, Count * 9 / 10);
    }

    [Fact]
    public void Mutated_archives_give_a_model_or_our_exception()
    {
        byte[] seed = File.ReadAllBytes(SharedData.Require("goldens/weights/keras3/vgg11.mixed_float16.keras"));
        using var folder = new TemporaryFolder();
        string path = folder.File("m.keras");
        var random = new Random(32);
        int read = 0;
        int count = Count / 10;
        for (int input = 0; input < count; input++)
        {
            // The directory at the end and the members' headers are what a zip reader believes.
            byte[] bytes = (byte[])seed.Clone();
            for (int change = random.Next(1, 4); change > 0; change--)
            {
                int place = random.Next(2) == 0 ? bytes.Length - 1 - random.Next(400) : random.Next(bytes.Length);
                bytes[place] = (byte)random.Next(256);
            }

            File.WriteAllBytes(path, bytes);
            read += Try(input, () => KerasArchiveReader.Read(path));
        }

        Assert.InRange(read, 1, count - 1);
    }

    private static void Fuzz(byte[][] seeds)
    {
        var random = new Random(30);
        int read = 0;
        for (int input = 0; input < Count; input++)
        {
            byte[] bytes = Mutate(seeds[input % seeds.Length], random);
            read += Try(input, () =>
            {
                using Hdf5File file = Hdf5File.Parse(bytes);
                return KerasH5ModelReader.Read(file, "memory", options: null);
            });
        }

        // Mutations of weights leave a sound file: both outcomes must occur.
        Assert.InRange(read, Count / 100, Count * 9 / 10);
    }

    private static int Try(int input, Func<WeightsContent> reading)
    {
        try
        {
            using WeightsContent content = reading();
            return 1;
        }
        catch (InvalidModelFileException exception)
        {
            Assert.DoesNotContain('\n', exception.Message);
            Assert.True(exception.Message.Length < 3_000, exception.Message);
        }
        catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"input {input}: {exception}");
        }

        return 0;
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        byte[] bytes = (byte[])seed.Clone();
        for (int change = random.Next(1, 6); change > 0; change--)
        {
            int place = random.Next(bytes.Length - 8);
            Span<byte> field = bytes.AsSpan(place, 8);
            switch (random.Next(8))
            {
                case 0:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    // Another place of the file: an address that leads somewhere else, or round in a circle.
                    BinaryPrimitives.WriteInt64LittleEndian(field, random.Next(bytes.Length) & ~7);
                    break;
                case 3:
                    BinaryPrimitives.WriteInt64LittleEndian(field, 1L << random.Next(63));
                    break;
                case 4:
                    field.Fill(0xFF);
                    break;
                case 5:
                    BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)random.Next(65_536));
                    break;
                case 6:
                    bytes.AsSpan(random.Next(bytes.Length - 64), Math.Min(random.Next(64), bytes.Length - place)).CopyTo(bytes.AsSpan(place));
                    break;
                default:
                    ChangeStructure(bytes, random);
                    break;
            }
        }

        return random.Next(40) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    /// <summary>Changes a field near the beginning of a structure, where it isn't lost among weights.</summary>
    private static void ChangeStructure(byte[] bytes, Random random)
    {
        ReadOnlySpan<string> signatures = ["TREE", "SNOD", "HEAP", "GCOL", "OHDR", "OCHK", "kernel", "conv", "layer_names", "weight_names"];
        int found = bytes.AsSpan(random.Next(bytes.Length)).IndexOf(Encoding.ASCII.GetBytes(signatures[random.Next(signatures.Length)]));
        int start = found < 0 ? random.Next(bytes.Length) : found;
        int place = Math.Clamp(start + random.Next(-40, 120), 0, bytes.Length - 9);
        switch (random.Next(3))
        {
            case 0:
                bytes[place] = (byte)random.Next(256);
                break;
            case 1:
                BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(place), random.Next(bytes.Length) & ~7);
                break;
            default:
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(place), (uint)random.NextInt64(1L << 32));
                break;
        }
    }

    private static byte[] MutateText(byte[] seed, Random random)
    {
        var text = seed.ToList();
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int place = random.Next(text.Count);
            byte[] token = Encoding.UTF8.GetBytes(s_tokens[random.Next(s_tokens.Length)]);
            switch (random.Next(4))
            {
                case 0:
                    text[place] = (byte)random.Next(256);
                    break;
                case 1:
                    text.InsertRange(place, token);
                    break;
                case 2:
                    text.RemoveRange(place, Math.Min(random.Next(1, 60), text.Count - place - 1));
                    break;
                default:
                    // A value in the place of another: sound JSON that says something else.
                    int colon = text.FindIndex(place, character => character == (byte)':');
                    int end = colon < 0 ? -1 : text.FindIndex(colon, character => character is (byte)',' or (byte)'}' or (byte)']');
                    if (end > colon + 1)
                    {
                        text.RemoveRange(colon + 1, end - colon - 1);
                        text.InsertRange(colon + 1, Encoding.UTF8.GetBytes(s_values[random.Next(s_values.Length)]));
                    }

                    break;
            }
        }

        return [.. text];
    }

    private static (byte[] Config, byte[] Weights) Unpack(string name)
    {
        using ZipArchive archive = ZipFile.OpenRead(SharedData.Require($"goldens/weights/keras3/{name}"));
        return (Read("config.json"), Read("model.weights.h5"));

        byte[] Read(string member)
        {
            using var buffer = new MemoryStream();
            using Stream stream = archive.GetEntry(member)!.Open();
            stream.CopyTo(buffer);
            return buffer.ToArray();
        }
    }
}
