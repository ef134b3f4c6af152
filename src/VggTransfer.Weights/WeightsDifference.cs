using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights;

/// <summary>How the weights of two networks differ, layer by layer. How the numbers are stored doesn't count, only what they are.</summary>
public sealed class WeightsDifference
{
    private WeightsDifference(IReadOnlyList<LayerDifference> layers) => Layers = layers;

    /// <summary>The layers with weights: the first network's in order, then those that only the second has.</summary>
    public IReadOnlyList<LayerDifference> Layers { get; }

    /// <summary>Whether both networks have the same layers with equal numbers.</summary>
    public bool IsIdentical => Layers.All(layer => layer.IsIdentical);

    /// <summary>The largest distance of two numbers in the same place, over the layers that could be compared.</summary>
    public double Absolute => Layers.Max(layer => layer.Absolute);

    /// <summary>The largest relative distance, over the layers that could be compared.</summary>
    public double Relative => Layers.Max(layer => layer.Relative);

    /// <summary>Compares two networks. Reads all their weights once, a piece at a time.</summary>
    /// <param name="first">A network.</param>
    /// <param name="second">Another.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="ObjectDisposedException">A model has been disposed.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    public static WeightsDifference Between(VggModel first, VggModel second, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        IReadOnlyList<VggLayer> firstLayers = WithWeights(first);
        var secondLayers = WithWeights(second).ToDictionary(layer => layer.Name, StringComparer.Ordinal);
        var differences = new List<LayerDifference>();
        foreach (VggLayer layer in firstLayers)
        {
            cancellationToken.ThrowIfCancellationRequested();
            differences.Add(secondLayers.Remove(layer.Name, out VggLayer? other)
                ? Compare(layer.Name, TensorsOf(first, layer), TensorsOf(second, other))
                : new LayerDifference(layer.Name, LayerStatus.OnlyInFirst));
        }

        differences.AddRange(WithWeights(second).Where(layer => secondLayers.ContainsKey(layer.Name)).Select(layer => new LayerDifference(layer.Name, LayerStatus.OnlyInSecond)));
        return new WeightsDifference(differences);
    }

    private static IReadOnlyList<VggLayer> WithWeights(VggModel model) => [.. model.Architecture.Layers.Where(layer => layer.Tensors.Count > 0)];

    private static ModelTensor[] TensorsOf(VggModel model, VggLayer layer) => [.. layer.Tensors.Select(tensor => model.Tensors[tensor.Name])];

    private static LayerDifference Compare(string layer, ModelTensor[] first, ModelTensor[] second)
    {
        if (first.Zip(second).Any(pair => !pair.First.Shape.SequenceEqual(pair.Second.Shape)))
        {
            return new LayerDifference(layer, LayerStatus.OtherShape);
        }

        var sum = new LayerDifference(layer, LayerStatus.Compared);
        foreach ((ModelTensor a, ModelTensor b) in first.Zip(second))
        {
            (long different, double absolute, double relative) = Compare(a, b);
            sum = sum with
            {
                Values = sum.Values + a.ElementCount,
                Different = sum.Different + different,
                Absolute = Math.Max(sum.Absolute, absolute),
                Relative = Math.Max(sum.Relative, relative),
            };
        }

        return sum;
    }

    private static (long Different, double Absolute, double Relative) Compare(ModelTensor a, ModelTensor b)
    {
        long different = 0;
        double absolute = 0;
        double magnitude = 0;
        foreach ((ReadOnlyMemory<float> left, ReadOnlyMemory<float> right) in TensorPieces.Singles(a).Zip(TensorPieces.Singles(b)))
        {
            ReadOnlySpan<float> x = left.Span;
            ReadOnlySpan<float> y = right.Span;
            for (int i = 0; i < x.Length; i++)
            {
                // Equals, because two NaNs are the same weight, however useless.
                if (!x[i].Equals(y[i]))
                {
                    different++;
                    absolute = Math.Max(absolute, Math.Abs((double)x[i] - y[i]));
                }

                magnitude = Math.Max(magnitude, Math.Max(Math.Abs(x[i]), Math.Abs(y[i])));
            }
        }

        return (different, absolute, absolute == 0 ? 0 : absolute / magnitude);
    }
}
