using System.Globalization;
using System.IO.Hashing;
using System.Text.Json;
using VggTransfer.Images;
using VggTransfer.Keras.Data;
using VggTransfer.Models;

namespace VggTransfer.Parity.Images;

/// <summary>Compares each photo of <c>photos.json</c> with what each tool made of it.</summary>
internal sealed class PhotoChecks(string folder, JsonElement document, PhotoSource source, List<ParityCase> cases)
{
    /// <summary>One level of torchvision's units is 0.0175, one of Keras's is 1: this tells equal pixels from unequal ones.</summary>
    private const double EqualPixels = 1e-5;

    /// <summary>Interpolated, not rounded 32-bit floats up to 255.</summary>
    private const double Interpolated = 2e-3;

    /// <summary>TensorFlow decodes with a fast DCT: measured up to 21 levels from Pillow, mean 1 to 1.9.</summary>
    private static readonly FloatGolden.Tolerance s_otherDecoder = new(21, 2);

    private readonly int[][] _grid = document.Positions("grid_positions_yx");
    private readonly int[][] _samples = document.Positions("float_sample_positions_cyx");

    public void Run()
    {
        foreach (JsonElement photo in document.Get("photos")?.EnumerateArray().ToArray() ?? [])
        {
            string name = photo.Text("photo") ?? "?";
            byte[]? bytes = source.Find(name);
            if (bytes is null)
            {
                Add(name, "decoded", (false, "the photo was not found; name its zip file or folder with --photos"));
                continue;
            }

            if (photo.Text("file_crc32") is { } crc && crc != Crc32.HashToUInt32(bytes).ToString("x8", CultureInfo.InvariantCulture))
            {
                Add(name, "file", (false, "the photo is another file than the goldens were made from (file_crc32 differs)"));
                continue;
            }

            cases.AddRange(ParityCase.RunAll(name, () =>
            {
                Check(name, bytes, photo);
                return [];
            }));
        }
    }

    private void Check(string name, byte[] bytes, JsonElement photo)
    {
        RgbImage image;
        try
        {
            // None of the tools in photos.json applies the EXIF orientation.
            image = ImageDecoder.Decode(bytes, name, new ImageDecodeOptions { Orientation = ImageOrientation.AsStored });
        }
        catch (InvalidImageException error)
        {
            Add(name, "decoded", (false, error.Message));
            return;
        }

        if (photo.Get("decoded") is { } decoded)
        {
            AddExact(name, "decoded", PixelGolden.Exact(image, decoded, []));
        }

        CheckCrops(name, image, photo);
        CheckKeras(name, image, photo);
        CheckTensorFlow(name, image, photo);
    }

    private void CheckCrops(string name, RgbImage image, JsonElement photo)
    {
        int size = CropSize();
        RgbImage crop = ResizeRecipe.ShorterSideCrop.Apply(image, size);
        foreach (string tool in (string[])["torchvision_pil", "timm"])
        {
            if (photo.Get($"{tool}_crop") is { } golden)
            {
                AddExact(name, $"{tool}_crop", PixelGolden.Exact(crop, golden, _grid));
            }

            if (photo.Get($"{tool}_tensor") is { } tensor)
            {
                Add(name, $"{tool}_tensor", Normalised(crop, PreprocessingFamily.Torchvision, true, tensor, EqualPixels));
            }
        }

        if (photo.Get("torchvision_tensor_crop") is { } tensorCrop)
        {
            Add(name, "torchvision_tensor_crop", PixelGolden.TensorResize(crop, tensorCrop, _grid));
        }

        if (photo.Get("torchvision_tensor_tensor") is { } tensorTensor)
        {
            // One level of the crop is 1 / 255 / 0.224 after normalisation.
            Add(name, "torchvision_tensor_tensor", Normalised(
                crop, PreprocessingFamily.Torchvision, true, tensorTensor, PixelGolden.TensorResizeLevels / 255.0 / 0.224 + EqualPixels));
        }

        ComparePng(name, "torchvision_pil_crop", crop, photo);
    }

    private void CheckKeras(string name, RgbImage image, JsonElement photo)
    {
        foreach (ResizeFilter filter in Enum.GetValues<ResizeFilter>())
        {
            string key = $"keras_{filter.ToString().ToLowerInvariant()}";
            CheckKeras(name, key, image, ResizeRecipe.Stretch(filter), photo);
            CheckKeras(name, $"{key}_keep_aspect", image, ResizeRecipe.KeepAspect(filter), photo);
        }
    }

    private void CheckKeras(string name, string key, RgbImage image, ResizeRecipe recipe, JsonElement photo)
    {
        if (photo.Get(key) is not { } golden)
        {
            return;
        }

        RgbImage resized = recipe.Apply(image, InputSize());
        AddExact(name, key, PixelGolden.Exact(resized, golden, _grid));
        if (golden.Get("preprocessed_bgr_nhwc") is { } preprocessed)
        {
            Add(name, $"{key}.preprocessed_bgr_nhwc", Normalised(resized, PreprocessingFamily.KerasCaffe, false, preprocessed, EqualPixels));
        }

        ComparePng(name, key, resized, photo);
    }

    private void CheckTensorFlow(string name, RgbImage image, JsonElement photo)
    {
        int size = InputSize();
        if (photo.Get("resizing_layer_on_pil_pixels") is { } layer)
        {
            Add(name, "resizing_layer_on_pil_pixels", Resized(image, size, TensorFlowFit.Stretch, layer, FloatGolden.Tolerance.EqualPixels(Interpolated)));
        }

        // A lossless photo is decoded alike by everybody.
        bool sameDecode = photo.Get("tf_decode")?.Text("crc32") is { } crc && crc == GoldenJson.Crc(image);
        FloatGolden.Tolerance tolerance = sameDecode ? FloatGolden.Tolerance.EqualPixels(Interpolated) : s_otherDecoder;
        string note = sameDecode ? "" : " (golden on TensorFlow's fast-DCT pixels, ours on Pillow's: 21 levels, mean 2)";
        foreach ((string key, TensorFlowFit fit) in ((string, TensorFlowFit)[])
            [("dataset_stretch", TensorFlowFit.Stretch), ("dataset_crop", TensorFlowFit.CropToAspectRatio), ("dataset_pad", TensorFlowFit.PadToAspectRatio)])
        {
            if (photo.Get(key) is { } golden)
            {
                (bool passed, string detail) = Resized(image, size, fit, golden, tolerance);
                Add(name, key, (passed, detail + note));
            }
        }
    }

    private (bool Passed, string Detail) Resized(RgbImage image, int size, TensorFlowFit fit, JsonElement golden, FloatGolden.Tolerance tolerance)
    {
        float[] tensor = TensorFlowResize.Resize(image, size, size, fit);
        return FloatGolden.Compare(tensor, (c, y, x) => (((y * size) + x) * 3) + c, golden, _samples, tolerance);
    }

    private (bool Passed, string Detail) Normalised(
        RgbImage image, PreprocessingFamily family, bool inPlanes, JsonElement golden, double tolerance)
    {
        float[] tensor = new float[image.Pixels.Length];
        ChannelNormalization.For(family).Normalize(image.Pixels, tensor, inPlanes);
        int plane = image.Width * image.Height;
        return FloatGolden.Compare(
            tensor,
            (c, y, x) => inPlanes ? (c * plane) + (y * image.Width) + x : (((y * image.Width) + x) * 3) + c,
            golden, _samples, FloatGolden.Tolerance.EqualPixels(tolerance));
    }

    private void ComparePng(string name, string key, RgbImage actual, JsonElement photo)
    {
        if (photo.Get("png")?.Text(key) is not { } file)
        {
            return;
        }

        PixelDifference? difference = PixelDifference.Between(actual, ImageDecoder.Decode(Path.Combine(folder, file)));
        Add(name, $"{key} png", difference is { } d ? (d.Max == 0, d.Max == 0 ? "exact" : d.ToString()) : (false, "sizes differ"));
    }

    private int CropSize() => document.Get("torchvision")?.Number("crop") is { } size ? (int)size : InputSize();

    private static int InputSize() => 224;

    private void AddExact(string name, string key, string? difference) => Add(name, key, (difference is null, difference ?? "exact"));

    private void Add(string name, string key, (bool Passed, string Detail) result) =>
        cases.Add(new ParityCase($"{name}: {key}", result.Passed, result.Detail));
}
