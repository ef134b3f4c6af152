using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;
using VggTransfer.Files;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Similarity;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Similarity;

/// <summary>
/// Whatever the bytes, opening ends in an index that can be searched or in <see cref="InvalidModelFileException"/>. Half of the
/// mutations get a true checksum, so that they are looked into. VGGTRANSFER_FUZZ sets another number of them.
/// </summary>
public sealed class IndexFileFuzzTests
{
    private const int Inputs = 20_000;

    private static readonly long[] s_numbers = [0, 1, -1, 2, 63, 64, 65, 127, 255, 1 << 15, 1 << 20, int.MaxValue, int.MinValue, uint.MaxValue, 1L << 40, long.MaxValue, long.MinValue];

    private static readonly int[] s_fields = [8, 12, 16, 24, 32];
    private static readonly string[] s_tokens = ["..", "/", "null", "\"", "{", "1e9", "fc9", "\\ud800", "\0"];

    [Fact]
    public void Mutated_files_give_an_index_or_our_exception()
    {
        int inputs = int.TryParse(Environment.GetEnvironmentVariable("VGGTRANSFER_FUZZ"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Inputs;
        byte[] seed = Sound();
        var random = new Random(20261124);
        int read = 0;
        for (int input = 0; input < inputs; input++)
        {
            byte[] bytes = Mutate(seed, random);
            if (input % 2 == 0)
            {
                Sign(bytes);
            }

            read += Fuzz.IsRead(input, () =>
            {
                using SimilarImageIndex index = SimilarImageIndex.Open(MappedFile.InMemory(bytes, "x.index"));
                float[] query = [.. Enumerable.Repeat(1f, index.Dimension)];
                Assert.All(index.Find(query, 3, TestContext.Current.CancellationToken), image => Assert.False(Path.IsPathRooted(image.Path) || image.Path.Split('/').Contains("..")));
                _ = index.Layer;
            }) ? 1 : 0;
        }

        Assert.InRange(read, inputs / 100, inputs * 9 / 10);
    }

    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../x.jpg")]
    [InlineData("a/../../x.jpg")]
    [InlineData("a\0b")]
    public void Paths_that_lead_out_of_the_folder_are_refused(string path)
    {
        byte[] bytes = Write([path]);
        Assert.Contains("leads out", Assert.Throws<InvalidModelFileException>(() => SimilarImageIndex.Open(MappedFile.InMemory(bytes, "x.index"))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        using SimilarImageIndex index = SimilarImageIndex.Open(MappedFile.InMemory(Sound(), "x.index"));
        Assert.Equal(["a/1.jpg", "b: c/äöü.jpg", "d.png"], index.Paths);
        Assert.Equal([new IndexEntry("a/1.jpg", Hash(0), 1000, 50), new IndexEntry("b: c/äöü.jpg", Hash(1), 1001, 51), new IndexEntry("d.png", Hash(2), 1002, 52)], index.Entries);
        Assert.Equal(s_settings, index.Settings);
        Assert.Equal("a/1.jpg", index.Find([1, 0, 0, 0], 1, TestContext.Current.CancellationToken)[0].Path);
    }

    [Fact]
    public void A_path_twice_or_a_flipped_bit_is_refused()
    {
        Assert.Contains("twice", Assert.Throws<InvalidModelFileException>(() => SimilarImageIndex.Open(MappedFile.InMemory(Write(["a", "a"]), "x.index"))).Message, StringComparison.Ordinal);
        byte[] bytes = Sound();
        bytes[100] ^= 1;
        Assert.Contains("checksum", Assert.Throws<InvalidModelFileException>(() => SimilarImageIndex.Open(MappedFile.InMemory(bytes, "x.index"))).Message, StringComparison.Ordinal);
    }

    private static readonly IndexSettings s_settings = new("VGG16", Hash(9), PreprocessingFamily.KerasCaffe, "block5_pool:avg", 224, ImageOrientation.Upright);

    private static byte[] Sound() => Write(["a/1.jpg", "b: c/äöü.jpg", "d.png"]);

    private static byte[] Write(string[] paths)
    {
        using var stream = new MemoryStream();
        IndexFileWriter.Write(stream, s_settings, 4, [.. paths.Select((path, i) =>
            (new IndexEntry(path, Hash(i), 1000 + i, 50 + i), (ReadOnlyMemory<Half>)Enumerable.Range(0, 4).Select(d => (Half)(d == i ? 1 : 0)).ToArray()))]);
        return stream.ToArray();
    }

    private static string Hash(int seed) => new((char)('0' + seed), 64);

    private static byte[] Mutate(byte[] seed, Random random)
    {
        var bytes = seed.ToList();
        for (int change = random.Next(1, 4); change > 0; change--)
        {
            int position = random.Next(3) == 0 ? random.Next(Math.Min(64, bytes.Count)) : random.Next(bytes.Count);
            switch (random.Next(6))
            {
                case 0:
                    bytes[position] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[position] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.RemoveRange(position, Math.Min(random.Next(1, 40), bytes.Count - position));
                    break;
                case 3:
                    bytes.InsertRange(position, bytes.Take(random.Next(1, 40)).ToArray());
                    break;
                case 4:
                    byte[] number = BitConverter.GetBytes(s_numbers[random.Next(s_numbers.Length)]);
                    int at = random.Next(6) is int field && field < s_fields.Length ? s_fields[field] : position;
                    for (int i = 0; i < (at < 16 ? 4 : 8) && at + i < bytes.Count; i++)
                    {
                        bytes[at + i] = number[i];
                    }

                    break;
                default:
                    byte[] token = Encoding.UTF8.GetBytes(s_tokens[random.Next(s_tokens.Length)]);
                    for (int i = 0; i < token.Length && position + i < bytes.Count; i++)
                    {
                        bytes[position + i] = token[i];
                    }

                    break;
            }

            if (bytes.Count == 0)
            {
                bytes.Add(0);
            }
        }

        return [.. bytes];
    }

    /// <summary>Makes the checksum true, where the lengths allow one.</summary>
    private static void Sign(byte[] bytes)
    {
        if (bytes.Length < 64)
        {
            return;
        }

        long settings = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8));
        long entries = BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(24));
        if (settings > 0 && entries >= 0 && entries <= bytes.Length && 64 + settings + entries <= bytes.Length)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(40), Crc32.HashToUInt32([.. bytes[..40], .. bytes[64..(int)(64 + settings + entries)]]));
        }
    }
}
