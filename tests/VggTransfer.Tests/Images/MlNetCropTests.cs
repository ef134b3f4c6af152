using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;
using SkiaSharp;
using VggTransfer.Images;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Images;

/// <summary>Oracle: ML.NET's own LoadImages, ResizeImages (IsoCrop, centre) and ExtractPixels.</summary>
public sealed class MlNetCropTests : IDisposable
{
    private const int Size = 224;

    private readonly string _folder = Directory.CreateTempSubdirectory("vggtransfer-mlnet").FullName;

    [Fact]
    public void Every_pixel_equals_that_of_ML_NETs_chain()
    {
        (int Width, int Height)[] shapes =
            [(1, 1), (2, 3), (32, 32), (31, 200), (640, 90), (224, 224), (225, 224), (224, 500), (300, 225), (1001, 667), (3000, 2000), (40, 1500)];
        List<string> paths = [];
        foreach ((int width, int height) in shapes)
        {
            using SKBitmap opaque = SampleImages.Draw(width, height);
            using SKBitmap translucent = SampleImages.Draw(width, height, alpha: true);
            using SKBitmap grey = opaque.Copy(SKColorType.Gray8);
            string name = $"{width}x{height}";
            paths.Add(Write($"{name}.jpg", SampleImages.Encode(opaque, SKEncodedImageFormat.Jpeg)));
            paths.Add(Write($"{name}.png", SampleImages.Encode(translucent, SKEncodedImageFormat.Png)));
            paths.Add(Write($"{name}-grey.jpg", SampleImages.Encode(grey, SKEncodedImageFormat.Jpeg)));
            if (width < 1000)
            {
                paths.Add(Write($"{name}-grey.png", SampleImages.Encode(grey, SKEncodedImageFormat.Png)));
                paths.Add(Write($"{name}.webp", SampleImages.Encode(translucent, SKEncodedImageFormat.Webp)));
                paths.Add(Write($"{name}.bmp", SampleImages.PaletteBmp(width, height)));
            }
        }

        paths.Add(Write("transparent.gif", SampleImages.Gif(transparentIndex: 2)));
        AssertEqualToMlNet(paths);
    }

    [Fact]
    public void Photos_equal_those_of_ML_NETs_chain()
    {
        string zip = SharedData.Require("data/imagenet-photos-100.zip");
        using ZipArchive archive = ZipFile.OpenRead(zip);
        List<string> paths = [];
        foreach (ZipArchiveEntry entry in archive.Entries.Where(e => e.Name.EndsWith(".JPEG", StringComparison.Ordinal)).Take(20))
        {
            string path = Path.Combine(_folder, entry.Name);
            entry.ExtractToFile(path);
            paths.Add(path);
        }

        Assert.NotEmpty(paths);
        AssertEqualToMlNet(paths);
    }

    [Fact]
    public void A_decoded_image_is_cropped_like_its_file()
    {
        byte[] jpeg = SampleImages.Jpeg(300, 200);
        byte[] fromFile = new byte[Size * Size * 3];
        ImagePreparation.Prepare(jpeg, "drawn.jpg", ResizeRecipe.MlNetCrop, Size, fromFile);

        RgbImage fromImage = ResizeRecipe.MlNetCrop.Apply(ImageDecoder.Decode(jpeg, "drawn.jpg"), Size);

        Assert.True(fromImage.Pixels.SequenceEqual(fromFile));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static void AssertEqualToMlNet(List<string> paths)
    {
        MLContext ml = new();
        IDataView rows = ml.Data.LoadFromEnumerable(paths.Select(p => new PhotoRow { Path = p }));
        IDataView prepared = ml.Transforms.LoadImages("image", "", nameof(PhotoRow.Path))
            .Append(ml.Transforms.ResizeImages(
                "image", Size, Size, "image", ImageResizingEstimator.ResizingKind.IsoCrop, ImageResizingEstimator.Anchor.Center))
            .Append(ml.Transforms.ExtractPixels(
                nameof(PixelRow.Pixels), "image", orderOfExtraction: ImagePixelExtractingEstimator.ColorsOrder.ARGB, interleavePixelColors: true))
            .Fit(rows).Transform(rows);

        byte[] actual = new byte[Size * Size * 3];
        ImageDecodeOptions asStored = new() { Orientation = ImageOrientation.AsStored };
        int index = 0;
        foreach (PixelRow row in ml.Data.CreateEnumerable<PixelRow>(prepared, reuseRowObject: true))
        {
            ImagePreparation.Prepare(paths[index], ResizeRecipe.MlNetCrop, Size, actual, asStored);
            int differing = 0;
            for (int i = 0; i < actual.Length; i++)
            {
                differing += actual[i] != row.Pixels[i] ? 1 : 0;
            }

            Assert.True(differing == 0, $"{Path.GetFileName(paths[index])}: {differing} of {actual.Length} values differ");
            index++;
        }

        Assert.Equal(paths.Count, index);
    }

    private string Write(string name, byte[] content)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    private sealed class PhotoRow
    {
        public string Path { get; set; } = "";
    }

    private sealed class PixelRow
    {
        [VectorType(Size * Size * 3)]
        public float[] Pixels { get; set; } = [];
    }
}
