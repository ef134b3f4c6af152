using System.Text.Json;
using SkiaSharp;
using VggTransfer.Images;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class AugmentCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public AugmentCommandTests() => DrawnPhotos.DrawFolder(_folder.File("photos"), perClass: 3);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_sheet_begins_each_row_with_what_prediction_sees()
    {
        JsonElement json = Augment("sheet.png", "--augment", "none", "--count", "4", "--variants", "2", "--size", "48", "--json").Expect(0).Json;
        Assert.Equal(4, json.GetProperty("photos").GetArrayLength());
        Assert.False(json.GetProperty("augmentation").GetProperty("horizontalFlip").GetBoolean());
        byte[] expected = new byte[48 * 48 * 3];
        ImagePreparation.Prepare(_folder.File(json.GetProperty("photos")[0].GetProperty("path").GetString()!), ResizeRecipe.MlNetCrop, 48, expected);

        // 6 pixels around and between pictures, 18 behind the first.
        using SKBitmap sheet = SKBitmap.Decode(_folder.File("sheet.png"));
        Assert.Equal(6 + 48 + 18 + 48 + 6 + 48 + 6, sheet.Width);
        foreach (int left in (int[])[6, 72, 126])
        {
            Assert.Equal(expected, Square(sheet, left, 6, 48));
        }
    }

    [Fact]
    public void The_same_seed_draws_the_same_sheet()
    {
        Augment("a.png", "--count", "3", "--size", "32", "--mixup", "0.4", "--cutmix", "1", "--seed", "4").Expect(0);
        Augment("b.png", "--count", "3", "--size", "32", "--mixup", "0.4", "--cutmix", "1", "--seed", "4").Expect(0);
        Augment("c.png", "--count", "3", "--size", "32", "--mixup", "0.4", "--cutmix", "1", "--seed", "5").Expect(0);
        Assert.Equal(File.ReadAllBytes(_folder.File("a.png")), File.ReadAllBytes(_folder.File("b.png")));
        Assert.NotEqual(File.ReadAllBytes(_folder.File("a.png")), File.ReadAllBytes(_folder.File("c.png")));
    }

    [Fact]
    public void Single_options_change_the_preset()
    {
        JsonElement augmentation = Augment("sheet.jpg", "--augment", "photo", "--no-flip", "--hue", "0.3", "--crop-scale", "1", "--json").Expect(0).Json.GetProperty("augmentation");
        Assert.False(augmentation.GetProperty("horizontalFlip").GetBoolean());
        Assert.Equal(0.3, augmentation.GetProperty("hue").GetDouble());
        Assert.Equal(1, augmentation.GetProperty("cropScale").GetDouble());
        Assert.Equal(10, augmentation.GetProperty("rotation").GetDouble());
        Assert.Equal(ImageFormat.Jpeg, ImageDecoder.ReadHeader(_folder.File("sheet.jpg")).Format);
    }

    [Fact]
    public void Bad_images_are_skipped_or_with_strict_the_end()
    {
        File.WriteAllText(Path.Combine(_folder.Path, "photos", "circles", "bad.png"), "no picture");
        CommandLineResult result = Augment("sheet.png", "--count", "100", "--variants", "1", "--size", "32").Expect(0);
        Assert.Contains("bad.png", result.Error, StringComparison.Ordinal);
        Assert.StartsWith("9 photos and 1 changed version of each are in sheet.png.", result.Output, StringComparison.Ordinal);
        Assert.Contains("bad.png", Augment("strict.png", "--count", "100", "--strict").Expect(1).ErrorSentence, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File("strict.png")));
    }

    private static byte[] Square(SKBitmap sheet, int left, int top, int size) =>
        [.. from y in Enumerable.Range(top, size) from x in Enumerable.Range(left, size) let pixel = sheet.GetPixel(x, y) from channel in (byte[])[pixel.Red, pixel.Green, pixel.Blue] select channel];

    private CommandLineResult Augment(string output, params string[] more) => CommandLineProcess.Run(_folder.Path, ["augment", "photos", "--output", output, .. more]);
}
