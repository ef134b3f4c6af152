using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>
/// What TorchSharp's operators and shorter overloads compute, without the numbers that these make for themselves: the garbage collector may free such
/// a number while libtorch reads it (<see cref="KeptScalar"/>). Even the sum of two tensors has a hidden factor of 1.
/// </summary>
internal static class TensorArithmetic
{
    public static Tensor Plus(this Tensor left, Tensor right) => left.add(right, KeptScalar.One);

    public static Tensor Plus(this Tensor left, double right) => left.add(KeptScalar.Of(right), KeptScalar.One);

    /// <summary>Adds to the left tensor itself.</summary>
    public static Tensor Increase(this Tensor left, Tensor right) => left.add_(right, KeptScalar.One);

    /// <summary>Adds to the left tensor itself.</summary>
    public static Tensor Increase(this Tensor left, double right) => left.add_(KeptScalar.Of(right), KeptScalar.One);

    public static Tensor Times(this Tensor left, double right) => left.mul(KeptScalar.Of(right));

    public static Tensor DividedBy(this Tensor left, double right) => left.div(KeptScalar.Of(right));

    public static Tensor Squared(this Tensor values) => values.pow(KeptScalar.Of(2));
}
