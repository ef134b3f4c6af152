using System.Diagnostics;
using SkiaSharp;
using VggTransfer.Images;

namespace VggTransfer.Tests.Images;

/// <summary>Whatever the bytes: an image, or an <see cref="InvalidImageException"/>, and nothing else.</summary>
public sealed class ImageFuzzTests
{
    [Fact]
    public void Mutated_files_are_read_or_refused_and_nothing_else()
    {
        int inputs = Environment.GetEnvironmentVariable("VGGTRANSFER_FUZZ_INPUTS") is { } text ? int.Parse(text, null) : 4000;
        byte[][] seeds = [.. Seeds()];
        Random random = new(20);
        ImageDecodeOptions options = new() { MaxPixels = 1 << 20 };
        byte[] prepared = new byte[32 * 32 * 3];
        int read = 0, refused = 0;
        long slowest = 0;
        for (int i = 0; i < inputs; i++)
        {
            byte[] input = Mutate(seeds[random.Next(seeds.Length)], random);
            long start = Stopwatch.GetTimestamp();
            try
            {
                RgbImage image = ImageDecoder.Decode(input, "fuzz", options);
                Assert.True((long)image.Width * image.Height <= options.MaxPixels);
                ImagePreparation.Prepare(image, ResizeRecipe.ShorterSideCrop, 32, prepared);
                read++;
            }
            catch (InvalidImageException error)
            {
                Assert.StartsWith("'fuzz' ", error.Message, StringComparison.Ordinal);
                refused++;
            }

            try
            {
                ImagePreparation.Prepare(input, "fuzz", ResizeRecipe.MlNetCrop, 32, prepared, options);
                foreach (ResizeRecipe recipe in (ResizeRecipe[])[ResizeRecipe.MlNetCrop, ResizeRecipe.ShorterSideCrop])
                {
                    // So small that even these files are decoded at a fraction of their size.
                    ImagePreparation.Prepare(input, "fuzz", recipe, 2, prepared.AsSpan(0, 2 * 2 * 3), options with { Scale = DecodeScale.Fast });
                }
            }
            catch (InvalidImageException error)
            {
                Assert.Equal("fuzz", error.Path);
            }

            slowest = Math.Max(slowest, Stopwatch.GetTimestamp() - start);
        }

        TestContext.Current.SendDiagnosticMessage(
            "{0} inputs: {1} read, {2} refused, slowest {3} ms", inputs, read, refused, slowest * 1000 / Stopwatch.Frequency);
        Assert.True(read > inputs / 50 && refused > inputs / 50, $"{read} read and {refused} refused: the mutations are too weak or too strong");
    }

    private static IEnumerable<byte[]> Seeds()
    {
        byte[] png = SampleImages.Png(19, 13, alpha: true);
        byte[] webp = SampleImages.WebP(19, 13);
        yield return png;
        yield return SampleImages.WithChunk(png, "eXIf"u8, SampleImages.Exif(6, bigEndian: true));
        yield return SampleImages.WithApp1(SampleImages.Jpeg(19, 13), [.. "Exif\0\0"u8, .. SampleImages.Exif(5, bigEndian: false)]);
        yield return SampleImages.Jpeg(40, 33);
        yield return webp;
        yield return SampleImages.WebPWithExif(webp, 19, 13, SampleImages.Exif(8, bigEndian: false));
        yield return SampleImages.Gif(transparentIndex: 1);
        yield return SampleImages.PaletteBmp(19, 13);
        yield return SampleImages.Ico(png, 19, 13);
        yield return SampleImages.Ico(SampleImages.PaletteBmp(16, 32)[14..], 16, 16);
        using SKBitmap lossy = SampleImages.Draw(33, 20);
        yield return SampleImages.Encode(lossy, SKEncodedImageFormat.Webp, 60);

        // The odd files of the goldens, where they are at hand.
        string? hard = Ancestors(AppContext.BaseDirectory).Select(f => Path.Combine(f, "shared", "goldens", "images", "hard")).FirstOrDefault(Directory.Exists);
        IEnumerable<string> files = hard is null ? [] : Directory.EnumerateFiles(hard).Order(StringComparer.Ordinal);
        foreach (string file in files)
        {
            byte[] content = File.ReadAllBytes(file);
            if (content.Length is > 0 and < 64 << 10)
            {
                yield return content;
            }
        }
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        List<byte> bytes = [.. seed];
        for (int edits = random.Next(1, 6); edits > 0 && bytes.Count > 0; edits--)
        {
            // Half of the edits hit the header, where the structure is.
            int at = random.Next(random.Next(2) == 0 ? Math.Min(bytes.Count, 64) : bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes[at] = random.Next(2) == 0 ? (byte)0 : (byte)255;
                    break;
                case 3:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 9), bytes.Count - at));
                    break;
                case 4:
                    bytes.InsertRange(at, Enumerable.Range(0, random.Next(1, 9)).Select(_ => (byte)random.Next(256)));
                    break;
                case 5:
                    bytes.RemoveRange(at, random.Next(4) == 0 ? bytes.Count - at : 0);
                    break;
                default:
                    int from = random.Next(bytes.Count), count = Math.Min(random.Next(1, 17), bytes.Count - Math.Max(at, from));
                    for (int i = 0; i < count; i++)
                    {
                        bytes[at + i] = bytes[from + i];
                    }

                    break;
            }
        }

        return [.. bytes];
    }

    private static IEnumerable<string> Ancestors(string start)
    {
        for (DirectoryInfo? folder = new(start); folder is not null; folder = folder.Parent)
        {
            yield return folder.FullName;
        }
    }
}
