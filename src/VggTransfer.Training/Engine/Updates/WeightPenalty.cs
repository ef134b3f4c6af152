using VggTransfer.Keras.Regularizers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>
/// The penalties on weights. Their gradients are known without autograd, which would keep a copy of each weight and pass
/// over it several times more.
/// </summary>
internal sealed class WeightPenalty
{
    private readonly TorchDevice _device;
    private readonly List<Tensor> _sums = [];
    private readonly List<double> _factors = [];

    /// <param name="device">Says whether factors are 8-byte numbers; Keras keeps them in the type of the weights.</param>
    public WeightPenalty(TorchDevice device) => _device = device;

    /// <summary>Counts a stretch of weights, as they are now.</summary>
    /// <param name="regularizer">The penalty on them.</param>
    /// <param name="weights">A row; its sums are kept until <see cref="Total"/>.</param>
    /// <param name="start">The same weights as they were when training began, where the penalty goes by that; otherwise null.</param>
    public void Count(Regularizer regularizer, Tensor weights, Tensor? start)
    {
        if (regularizer.Factor2 != 0)
        {
            Tensor distance = start is null ? weights : weights - start;
            Keep(distance.dot(distance), regularizer.Factor2);
        }

        if (regularizer.Factor1 != 0)
        {
            Keep(weights.abs().sum(), regularizer.Factor1);
        }
    }

    /// <summary>Adds the penalty's gradient; that of |w| is 0 at 0.</summary>
    public void AddGradient(Regularizer regularizer, Tensor weights, Tensor? start, Tensor gradient)
    {
        if (regularizer.Factor2 != 0)
        {
            gradient.add_(start is null ? weights : weights - start, KeptScalar.Of(2 * Rounded(regularizer.Factor2)));
        }

        if (regularizer.Factor1 != 0)
        {
            gradient.add_(weights.sign(), KeptScalar.Of(Rounded(regularizer.Factor1)));
        }
    }

    /// <summary>The penalty on everything counted.</summary>
    public double Total()
    {
        if (_sums.Count == 0)
        {
            return 0;
        }

        // One transfer from the device, whatever the number of weights.
        double[] sums = TorchArrays.ToArray(stack(_sums)).ToDoubles();
        _sums.ForEach(sum => sum.Dispose());
        return sums.Zip(_factors, (sum, factor) => sum * factor).Sum();
    }

    private void Keep(Tensor sum, double factor)
    {
        _sums.Add(sum.DetachFromDisposeScope());
        _factors.Add(Rounded(factor));
    }

    private double Rounded(double factor) => _device.IsDouble ? factor : (float)factor;
}
