using BenchmarkDotNet.Attributes;
using VggTransfer.Benchmarks.Material;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.Benchmarks.Micro;

/// <summary>A photo's way to the network's input, step by step and in one.</summary>
public class ImageBenchmarks
{
    private const int Size = 224;

    private readonly byte[] _square = new byte[Size * Size * 3];
    private readonly float[] _normalized = new float[Size * Size * 3];
    private byte[] _encoded = [];
    private RgbImage _photo = null!;

    /// <summary>The photo's width in pixels; its height is three quarters of it.</summary>
    [Params(500, 1600)]
    public int Width { get; set; }

    [GlobalSetup]
    public void Draw()
    {
        _encoded = DrawnPhotos.Draw(new Random(1), Width, Width * 3 / 4);
        _photo = ImageDecoder.Decode(_encoded, "drawn");
    }

    [Benchmark]
    public RgbImage Decode() => ImageDecoder.Decode(_encoded, "drawn");

    [Benchmark]
    public void ResizeAsMlNet() => ImagePreparation.Prepare(_photo, ResizeRecipe.MlNetCrop, Size, _square);

    [Benchmark]
    public void ResizeAsTorchvision() => ImagePreparation.Prepare(_photo, ResizeRecipe.ShorterSideCrop, Size, _square);

    [Benchmark]
    public void DecodeAndResizeAsMlNet() => ImagePreparation.Prepare(_encoded, "drawn", ResizeRecipe.MlNetCrop, Size, _square);

    [Benchmark]
    public void DecodeAndResizeAsTorchvision() => ImagePreparation.Prepare(_encoded, "drawn", ResizeRecipe.ShorterSideCrop, Size, _square);

    [Benchmark]
    public void Normalize() => ChannelNormalization.For(PreprocessingFamily.KerasCaffe).Normalize(_square, _normalized, inPlanes: true);
}
