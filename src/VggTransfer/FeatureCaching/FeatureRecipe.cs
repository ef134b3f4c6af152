using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using System.Text;
using SkiaSharp;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Features;

namespace VggTransfer.FeatureCaching;

/// <summary>
/// All that features follow from but the image itself: weights, layer, input size, resizing, decoding, arithmetic, and the
/// programs and processor that compute. Equal recipes and equal images give equal features.
/// </summary>
/// <param name="Id">The hash of it all, 32 bytes.</param>
/// <param name="Layer">What the features are.</param>
/// <param name="InputSize">The side of the network's input in pixels.</param>
/// <param name="Dimension">The length of a feature vector.</param>
/// <param name="Views">Vectors for each image.</param>
internal sealed record FeatureRecipe(byte[] Id, FeatureLayer Layer, int InputSize, int Dimension, int Views)
{
    /// <summary>Changes with the way from a file to features, so that what older versions kept isn't taken for this one's.</summary>
    private const int Revision = 2;

    /// <summary>Numbers kept for each image.</summary>
    public int Values => Dimension * Views;

    /// <summary>The recipe of a backbone's features.</summary>
    /// <param name="backbone">The network.</param>
    /// <param name="options">What is taken from it, and how.</param>
    /// <param name="purpose"><see cref="FeatureCacheOptions.Purpose"/>.</param>
    public static FeatureRecipe Create(IBackbone backbone, FeatureExtractorOptions options, string purpose = "")
    {
        FeatureLayer layer = options.Layer ?? backbone.DefaultLayer;
        int dimension = backbone.Dimension(layer, options.InputSize);
        string network = (purpose.Length == 0 ? "" : $"purpose {purpose}\n") + backbone.Identify(options);
        return Create(network, layer, options.InputSize ?? backbone.InputSize, dimension, options);
    }

    /// <summary>The recipe of a network that is loaded, as a saved classifier has it.</summary>
    /// <param name="network">What <see cref="IBackbone.Identify"/> would say of it.</param>
    /// <param name="layer">What it gives as features.</param>
    /// <param name="inputSize">The side of its input in pixels.</param>
    /// <param name="dimension">The length of its feature vectors.</param>
    /// <param name="options">Resizing, decoding, views.</param>
    public static FeatureRecipe Create(string network, FeatureLayer layer, int inputSize, int dimension, FeatureExtractorOptions options)
    {
        int views = options.AddMirror ? 2 : 1;
        var text = new StringBuilder(network);
        text.Append(CultureInfo.InvariantCulture, $"revision {Revision}\n");
        text.Append(CultureInfo.InvariantCulture, $"layer {layer}\n");
        text.Append(CultureInfo.InvariantCulture, $"views {views}\n");
        text.Append(CultureInfo.InvariantCulture, $"resize {options.Resize.Id}\n");
        text.Append(CultureInfo.InvariantCulture, $"orientation {options.Decoding.Orientation}\n");
        text.Append(CultureInfo.InvariantCulture, $"scale {options.Decoding.Scale}\n");
        text.Append(CultureInfo.InvariantCulture, $"decoder SkiaSharp {typeof(SKCodec).Assembly.GetName().Version}\n");
        text.Append(CultureInfo.InvariantCulture, $"processor {Processor}\n");
        return new FeatureRecipe(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())), layer, inputSize, dimension, views);
    }

    /// <summary>
    /// The instructions by which ONNX Runtime chooses its kernels; other kernels add in another order, and the last bit
    /// differs. It matters where a cache is shared between machines or an image moves to another one.
    /// </summary>
    internal static string Processor { get; } =
        string.Join(' ', new[]
        {
            $"{RuntimeInformation.ProcessArchitecture}",
            Avx2.IsSupported ? "avx2" : "",
            Fma.IsSupported ? "fma" : "",
            Avx512F.IsSupported ? "avx512f" : "",
            Avx512BW.IsSupported ? "avx512bw" : "",
            Avx512Vbmi.IsSupported ? "avx512vbmi" : "",
            AvxVnni.IsSupported ? "avxvnni" : "",
            System.Runtime.Intrinsics.Arm.Dp.IsSupported ? "dp" : "",
        }.Where(name => name.Length > 0));
}
