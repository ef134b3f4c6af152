using VggTransfer.Keras.Data;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>The targets of a batch, in the forms that losses and metrics ask for, each made when it is first needed.</summary>
internal sealed class Targets
{
    private readonly NDArray _targets;
    private readonly int _outputs;
    private readonly TorchDevice _device;
    private int[]? _indices;
    private Tensor? _rows;
    private Tensor? _classes;

    /// <param name="targets">Class indices (n) or (n, 1), or rows (n, outputs).</param>
    /// <param name="samples">The number of samples.</param>
    /// <param name="output">The model's output for them.</param>
    /// <param name="device">Where they go.</param>
    /// <exception cref="ArgumentException">The targets have the wrong shape, or the output is no row of numbers.</exception>
    public Targets(NDArray targets, int samples, Tensor output, TorchDevice device)
    {
        if (output.dim() != 2)
        {
            throw new ArgumentException(
                $"A loss needs an output of one row of numbers for each sample, and this model gives ({string.Join(", ", output.shape.Skip(1))}) for each: end it with Flatten or global pooling, and Dense.",
                nameof(output));
        }

        _targets = targets;
        _outputs = checked((int)output.shape[1]);
        _device = device;
        if (targets.Length != samples)
        {
            throw new ArgumentException($"There are {samples} samples, and {targets.Length} targets.", nameof(targets));
        }

        if (!IsIndices && !(targets.Shape.Count == 2 && targets.Shape[1] == _outputs))
        {
            throw new ArgumentException(
                $"Targets are class indices of the shape ({samples}) or ({samples}, 1), or rows of the shape ({samples}, {_outputs}) as the model's output; these have the shape ({string.Join(", ", targets.Shape)}).",
                nameof(targets));
        }
    }

    /// <summary>Whether there is one number for each sample.</summary>
    public bool IsIndices => _targets.Shape.Count == 1 || (_targets.Shape.Count == 2 && _targets.Shape[1] == 1);

    /// <summary>One row for each sample, as wide as the output, in the type of losses.</summary>
    /// <param name="name">The loss or metric that asks, for messages.</param>
    /// <exception cref="ArgumentException">The targets are class indices.</exception>
    public Tensor Rows(string name)
    {
        if (_rows is null)
        {
            if (IsIndices && _outputs != 1)
            {
                throw new ArgumentException(
                    $"{name} needs one target for each of the {_outputs} outputs (one-hot rows), and there is one number for each sample. For class indices take the sparse_ variant.");
            }

            _rows = TorchArrays.ToDevice(_targets, _device).to(_device.WeightType).reshape(_targets.Length, _outputs);
        }

        return _rows;
    }

    /// <summary>The class of each sample, 8-byte integers.</summary>
    /// <param name="name">The loss or metric that asks, for messages.</param>
    /// <exception cref="ArgumentException">The targets are rows, or an index is no class.</exception>
    public Tensor Classes(string name)
    {
        if (_classes is null)
        {
            if (!IsIndices)
            {
                throw new ArgumentException($"{name} needs one class index for each sample, and there are rows of {_outputs}. For one-hot rows take the variant without sparse_.");
            }

            int[] indices = Indices();
            int wrong = Array.FindIndex(indices, index => index < 0 || index >= _outputs);
            if (wrong >= 0)
            {
                throw new ArgumentException($"A target is class {indices[wrong]}, and the model's {_outputs} outputs stand for the classes 0 to {_outputs - 1}.");
            }

            _classes = TorchArrays.ToDevice(NDArray.From(indices), _device).to(ScalarType.Int64);
        }

        return _classes;
    }

    /// <summary>The class of each sample, for looking up class weights: of rows, where the largest value is.</summary>
    public int[] Indices() => _indices ??= IsIndices ? OfNumbers() : OfRows();

    private int[] OfNumbers()
    {
        if (_targets.Values is int[] integers)
        {
            return integers;
        }

        // Keras cuts the fraction off.
        return Array.ConvertAll(_targets.ToDoubles(), value => Math.Abs(value) < int.MaxValue
            ? (int)value
            : throw new ArgumentException($"A target is {value}, which is no class index."));
    }

    private int[] OfRows()
    {
        float[] rows = _targets.ToSingles();
        int[] indices = new int[_targets.Length];
        for (int i = 0; i < indices.Length; i++)
        {
            ReadOnlySpan<float> row = rows.AsSpan(i * _outputs, _outputs);
            for (int k = 1; k < row.Length; k++)
            {
                indices[i] = row[k] > row[indices[i]] ? k : indices[i];
            }
        }

        return indices;
    }
}
