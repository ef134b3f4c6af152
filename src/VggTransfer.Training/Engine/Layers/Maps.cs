using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Between Keras's (samples, height, width, channels) and libtorch's (samples, channels, height, width).</summary>
internal static class Maps
{
    private static readonly long[] s_toChannelsFirst = [0, 3, 1, 2];
    private static readonly long[] s_toChannelsLast = [0, 2, 3, 1];

    /// <summary>Keras's order as libtorch's; the memory stays as it is. Tensors that aren't maps are left alone.</summary>
    public static Tensor FromKeras(Tensor x) => x.dim() == 4 ? x.permute(s_toChannelsFirst) : x;

    /// <summary>libtorch's order as Keras's; the memory stays as it is. Tensors that aren't maps are left alone.</summary>
    public static Tensor ToKeras(Tensor x) => x.dim() == 4 ? x.permute(s_toChannelsLast) : x;

    /// <summary>The dimension that Keras calls the last.</summary>
    public static long LastDimension(Tensor x) => x.dim() == 4 ? 1 : -1;
}
