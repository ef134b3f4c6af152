using System.Collections.Immutable;

namespace VggTransfer.Models;

/// <summary>
/// The numbers behind a <see cref="PreprocessingFamily"/>: a network's channel c is
/// <c>(pixel * Scale - Mean[c]) / Std[c]</c>, where pixel is 0 to 255.
/// </summary>
internal sealed class ChannelNormalization
{
    /// <summary>The means of keras.applications.imagenet_utils, mode "caffe", in BGR.</summary>
    private static readonly ChannelNormalization s_kerasCaffe = new(true, 1, [103.939f, 116.779f, 123.68f], [1, 1, 1]);

    /// <summary>The values of torchvision.models' weights' transforms and of timm.data.constants (IMAGENET_DEFAULT_*), in RGB.</summary>
    private static readonly ChannelNormalization s_torchvision = new(false, 1 / 255f, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]);

    private static readonly ChannelNormalization s_zeroToOne = new(false, 1 / 255f, [0, 0, 0], [1, 1, 1]);

    private ChannelNormalization(bool bgr, float scale, ImmutableArray<float> mean, ImmutableArray<float> std)
    {
        Bgr = bgr;
        Scale = scale;
        Mean = mean;
        Std = std;
    }

    /// <summary>Whether the network's channel 0 is blue.</summary>
    public bool Bgr { get; }

    /// <summary>What a pixel of 0 to 255 is multiplied with first: 1 or 1/255.</summary>
    public float Scale { get; }

    /// <summary>What is then subtracted, three values in the network's channel order.</summary>
    public ImmutableArray<float> Mean { get; }

    /// <summary>What the difference is divided by, three values in the network's channel order.</summary>
    public ImmutableArray<float> Std { get; }

    /// <summary>The numbers of a family.</summary>
    /// <param name="family">The family.</param>
    /// <exception cref="ArgumentOutOfRangeException">The family is unknown.</exception>
    public static ChannelNormalization For(PreprocessingFamily family) => family switch
    {
        PreprocessingFamily.KerasCaffe => s_kerasCaffe,
        PreprocessingFamily.Torchvision => s_torchvision,
        PreprocessingFamily.ZeroToOne => s_zeroToOne,
        _ => throw new ArgumentOutOfRangeException(nameof(family), family, "The family is not a member of PreprocessingFamily."),
    };

    /// <summary>Turns 8-bit pixels into a network's input: one image, or several of the same size behind each other if the channels lie side by side.</summary>
    /// <param name="rgb">8-bit RGB, three bytes a pixel.</param>
    /// <param name="destination">Receives as many values as there are bytes.</param>
    /// <param name="inPlanes">Whether each channel is a plane of its own, as torch and ONNX have it; false for channels side by side, as Keras has them.</param>
    /// <exception cref="ArgumentException">The number of bytes is not a multiple of 3, or the lengths differ.</exception>
    public void Normalize(ReadOnlySpan<byte> rgb, Span<float> destination, bool inPlanes)
    {
        if (rgb.Length % 3 != 0 || destination.Length != rgb.Length)
        {
            throw new ArgumentException($"RGB pixels have three bytes each and become as many values, and there are {rgb.Length} bytes and room for {destination.Length} values.", nameof(destination));
        }

        // A byte has 256 values, so all results of a channel fit a small table.
        Span<float> table = stackalloc float[256];
        int step = inPlanes ? 1 : 3;
        for (int channel = 0; channel < 3; channel++)
        {
            for (int pixel = 0; pixel < table.Length; pixel++)
            {
                table[pixel] = Apply((byte)pixel, channel);
            }

            int to = inPlanes ? channel * (rgb.Length / 3) : channel;
            for (int from = SourceChannel(channel); from < rgb.Length; from += 3, to += step)
            {
                destination[to] = table[rgb[from]];
            }
        }
    }

    /// <summary>The position of the network's channel in an RGB pixel.</summary>
    internal int SourceChannel(int channel) => Bgr ? 2 - channel : channel;

    /// <summary>The value of a pixel, in 32-bit floats and in the order of operations of the original tools.</summary>
    internal float Apply(byte pixel, int channel)
    {
        // Division, as torchvision's ToTensor has it: multiplying with 1/255 differs in the last bit.
        float scaled = Scale == 1 ? pixel : pixel / 255f;
        return (scaled - Mean[channel]) / Std[channel];
    }
}
