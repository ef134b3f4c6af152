using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>The padding that a window asks for: in the operation itself where both ends get as much, else before it.</summary>
internal sealed class Padding2D
{
    private readonly long[]? _before;

    public Padding2D(Window window, IReadOnlyList<int> inputShape)
    {
        (int top, int bottom, int left, int right) = window.Padding(inputShape[0], inputShape[1]);
        IsNone = (top, bottom, left, right) == default;

        // A pool of libtorch's takes at most half a window.
        bool isSymmetric = top == bottom && left == right && top <= window.Size.Height / 2 && left <= window.Size.Width / 2;
        Symmetric = isSymmetric ? [top, left] : [0, 0];
        _before = isSymmetric ? null : [left, right, top, bottom];
    }

    /// <summary>Whether nothing is padded.</summary>
    public bool IsNone { get; }

    /// <summary>What the operation pads at each end of height and width.</summary>
    public long[] Symmetric { get; }

    /// <summary>Pads before the operation, if need be.</summary>
    public Tensor Apply(Tensor x, double value) => _before is null ? x : nn.functional.pad(x, _before, TorchSharp.PaddingModes.Constant, value);
}
