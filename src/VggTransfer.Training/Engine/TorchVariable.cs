using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Regularizers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>
/// A weight in the engine's memory. Convolution kernels lie as (out, height, width, in), which libtorch sees as
/// channels-last; everything else as in Keras.
/// </summary>
internal sealed class TorchVariable : IDisposable
{
    // Keras's (height, width, in, out) to (out, height, width, in), and back.
    private static readonly long[] s_toStorage = [3, 0, 1, 2];
    private static readonly long[] s_toKeras = [1, 2, 3, 0];

    private readonly IReadOnlyList<int> _shape;
    private readonly ScalarType _computeType;

    /// <param name="name"><c>layer/variable</c>.</param>
    /// <param name="specification">What the layer asked for.</param>
    /// <param name="layerTrainable">Says whether the layer, and whatever it is part of, is trainable now.</param>
    /// <param name="device">Where it lies.</param>
    /// <param name="computeType">The type that the layer wants to see it in.</param>
    public TorchVariable(string name, VariableSpecification specification, Func<bool> layerTrainable, TorchDevice device, ScalarType computeType)
    {
        Name = name;
        _shape = specification.Shape;
        _computeType = computeType;
        Regularizer = specification.Regularizer;
        IsTrainable = () => specification.Trainable && layerTrainable();
        Master = zeros(StorageShape, device.WeightType, device.Device).DetachFromDisposeScope();
        Flat = Master.view(-1).DetachFromDisposeScope();
        Leaf = computeType == device.WeightType ? Master.alias().DetachFromDisposeScope() : Master.to(computeType).DetachFromDisposeScope();
        FlatLeaf = Leaf.view(-1).DetachFromDisposeScope();
    }

    /// <summary><c>layer/variable</c>.</summary>
    public string Name { get; }

    /// <summary>The penalty on it, or null.</summary>
    public Regularizer? Regularizer { get; }

    /// <summary>Whether training may change it, as of now.</summary>
    public Func<bool> IsTrainable { get; }

    /// <summary>The weight, in the precision of updates.</summary>
    public Tensor Master { get; }

    /// <summary>The same memory as one row.</summary>
    public Tensor Flat { get; }

    /// <summary>What layers compute with and gradients are taken of: the master's memory, or a copy of fewer bits.</summary>
    public Tensor Leaf { get; }

    /// <summary>The leaf's memory as one row.</summary>
    public Tensor FlatLeaf { get; }

    /// <summary>The weight as it was when training began, as one row; null where no penalty asks for it.</summary>
    public Tensor? StartingPoint { get; private set; }

    /// <summary>Whether the layers' copy is apart from the master and has to follow it.</summary>
    public bool HasCopy => _computeType != Master.dtype;

    /// <summary>The numbers in it.</summary>
    public long Count => Master.NumberOfElements;

    private bool IsKernel4D => _shape.Count == 4;

    private long[] StorageShape
    {
        get
        {
            long[] shape = TorchArrays.ShapeOf(_shape);
            return IsKernel4D ? [.. s_toStorage.Select(axis => shape[axis])] : shape;
        }
    }

    /// <summary>A new tensor beside the weight, as one row: an optimizer's slot.</summary>
    public Tensor NewSlot(double value) => full([Count], KeptScalar.Of(value), Master.dtype, Master.device).DetachFromDisposeScope();

    /// <summary>The weight in Keras's layout.</summary>
    public NDArray Get() => ToKeras(Master);

    /// <summary>A tensor that lies as the weight does, in Keras's layout.</summary>
    public NDArray ToKeras(Tensor storage)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Tensor shaped = storage.reshape(StorageShape);
        return TorchArrays.ToArray(IsKernel4D ? shaped.permute(s_toKeras) : shaped);
    }

    /// <summary>Replaces the weight.</summary>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    public void Set(NDArray values)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        Flat.copy_(FromKeras(values, "The weight"));
        Follow();
    }

    /// <summary>Numbers in Keras's layout as the weight lies, as one row.</summary>
    /// <param name="values">The numbers.</param>
    /// <param name="what">What messages call them.</param>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    public Tensor FromKeras(NDArray values, string what)
    {
        if (!values.Shape.SequenceEqual(_shape))
        {
            throw new ArgumentException($"{what} {Name} has the shape ({string.Join(", ", _shape)}), and values of the shape ({string.Join(", ", values.Shape)}) were given.", nameof(values));
        }

        Tensor tensor = from_array(values.Values, Master.dtype, Master.device).reshape(TorchArrays.ShapeOf(_shape));
        return (IsKernel4D ? tensor.permute(s_toStorage).contiguous() : tensor).reshape(-1);
    }

    /// <summary>Keeps the weight as it is now as its starting point, where its penalty asks for one.</summary>
    /// <param name="trained">Whether training changes it; otherwise nothing is kept.</param>
    public void KeepStartingPoint(bool trained)
    {
        using var _ = no_grad();
        StartingPoint?.Dispose();
        StartingPoint = trained && Regularizer is { IsFromStartingPoint: true } ? Flat.clone().DetachFromDisposeScope() : null;
    }

    /// <summary>Brings the layers' copy up to date.</summary>
    public void Follow()
    {
        if (HasCopy)
        {
            FlatLeaf.copy_(Flat);
        }
    }

    public void Dispose()
    {
        StartingPoint?.Dispose();
        FlatLeaf.Dispose();
        Leaf.Dispose();
        Flat.Dispose();
        Master.Dispose();
    }
}
