using System.Buffers.Binary;
using System.Globalization;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Protobuf;
using VggTransfer.Weights.Formats.TensorFlow;

namespace VggTransfer.Tests.TensorFlowFiles;

/// <summary>
/// Whatever the bytes, reading ends in a model or in <see cref="InvalidModelFileException"/>. The inputs are mutations of a
/// sound checkpoint, the same in every run; VGGTRANSFER_FUZZ sets another number of them.
/// </summary>
public sealed class TensorFlowFuzzTests
{
    private const int Inputs = 2_000;

    private static int Wanted => int.TryParse(Environment.GetEnvironmentVariable("VGGTRANSFER_FUZZ"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Inputs;

    [Fact]
    public void Mutated_checkpoints_give_a_model_or_our_exception()
    {
        using var folder = new TemporaryFolder();
        CheckpointWriter seed = HostileCheckpointTests.Write();
        byte[] index = seed.Index();
        byte[] data = seed.Data;
        var random = new Random(20240817);
        int read = 0;
        for (int input = 0; input < Wanted; input++)
        {
            (byte[] mutatedIndex, byte[] mutatedData) = random.Next(8) switch
            {
                0 => (Mutate(index, random), data),
                1 => (index, Mutate(data, random)),
                < 5 => (MutateSoundly(index, seed.Blocks, random), data),
                _ => WithMutatedGraph(random),
            };
            File.WriteAllBytes(folder.File("m.index"), mutatedIndex);
            File.WriteAllBytes(folder.File("m.data-00000-of-00001"), mutatedData);
            read += Fuzz.IsRead(input, () => TensorFlowReader.Read(folder.File("m")).Dispose()) ? 1 : 0;
        }

        // Mutations of a variable's name or of a block that isn't read leave a sound checkpoint: both outcomes must occur.
        Assert.InRange(read, Wanted / 200, Wanted * 9 / 10);
    }

    [Fact]
    public void Mutated_configurations_are_read_or_refused()
    {
        byte[] seed = File.ReadAllBytes(SharedData.Require("goldens/weights/tf_keras/vgg16.functional.savedmodel/keras_metadata.pb"));
        var source = new ProtobufSource("keras_metadata.pb", TensorBundle.FormatName);
        var random = new Random(20240818);
        int read = 0;
        for (int input = 0; input < Wanted / 4; input++)
        {
            try
            {
                Assert.InRange(SavedModelFacts.Parse(Mutate(seed, random), source).MaxPools ?? 0, 0, 100);
                read++;
            }
            catch (Exception exception) when (exception is FormatException or InvalidModelFileException)
            {
                Assert.DoesNotContain('\n', exception.Message);
            }
        }

        Assert.InRange(read, 1, (Wanted / 4) - 1);
    }

    private static (byte[] Index, byte[] Data) WithMutatedGraph(Random random)
    {
        CheckpointWriter writer = HostileCheckpointTests.Write(changeGraph: graph => Mutate(graph, random));
        return (writer.Index(), writer.Data);
    }

    /// <summary>Mutates a block and makes its checksum right again, so that what lies behind the checksum is tried.</summary>
    private static byte[] MutateSoundly(byte[] index, List<(int Start, int Length)> blocks, Random random)
    {
        byte[] mutated = [.. index];
        (int start, int length) = blocks[random.Next(blocks.Count)];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            Change(mutated.AsSpan(start, length), random);
        }

        uint crc = Crc32C.MaskedOf(mutated.AsSpan(start, length + 1));
        BinaryPrimitives.WriteUInt32LittleEndian(mutated.AsSpan(start + length + 1), crc);
        return mutated;
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        byte[] mutated = [.. seed];
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            Change(mutated, random);
        }

        int position = random.Next(mutated.Length);
        return random.Next(12) switch
        {
            0 => mutated[..position],
            1 => [.. mutated[..position], .. mutated[Math.Min(mutated.Length, position + random.Next(1, 30))..]],
            2 => [.. mutated[..position], .. mutated.AsSpan(position, Math.Min(40, mutated.Length - position)), .. mutated[position..]],
            _ => mutated,
        };
    }

    private static void Change(Span<byte> bytes, Random random)
    {
        int position = random.Next(bytes.Length);
        switch (random.Next(4))
        {
            case 0:
                bytes[position] = (byte)random.Next(256);
                break;
            case 1:
                bytes[position] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                bytes[position..Math.Min(position + random.Next(1, 10), bytes.Length)].Fill(0xFF);
                break;
            default:
                bytes[position] = (byte)(bytes[position] + random.Next(-2, 3));
                break;
        }
    }
}
