using VggTransfer.Keras.Regularizers;

namespace VggTransfer.Keras.Layers;

/// <summary>The description of a layer: its settings, shapes and weights. What computes it lies elsewhere.</summary>
public abstract class Layer
{
    /// <param name="name">The layer's name; null lets the model give one in Keras's manner (<c>conv2d</c>, <c>conv2d_1</c>).</param>
    protected Layer(string? name) => GivenName = name;

    /// <summary>The layer's name in its model; empty until a model has taken it.</summary>
    public string Name { get; internal set; } = "";

    /// <summary>Keras's class, as the summary shows it: <c>Conv2D</c>.</summary>
    public virtual string ClassName => GetType().Name;

    /// <summary>
    /// Whether training may change the layer's weights. Takes effect at the next <c>Compile</c>; a batch norm that isn't
    /// trainable also normalises with its running statistics, as in Keras.
    /// </summary>
    public virtual bool Trainable { get; set; } = true;

    /// <summary>The shape of one sample that comes in; empty until the model is built.</summary>
    public IReadOnlyList<int> InputShape { get; private set; } = [];

    /// <summary>The shape of one sample that goes out; empty until the model is built.</summary>
    public IReadOnlyList<int> OutputShape { get; private set; } = [];

    /// <summary>The layer's weights, in Keras's order; empty until the model is built.</summary>
    public IReadOnlyList<VariableSpecification> Variables { get; private set; } = [];

    /// <summary>Numbers in the layer's weights.</summary>
    public virtual long ParameterCount => Variables.Sum(variable => variable.Count);

    /// <summary>The name that was asked for, or null.</summary>
    internal string? GivenName { get; }

    /// <summary>What the model counts up when no name was given: <c>conv2d</c>, <c>max_pooling2d</c>.</summary>
    internal virtual string BaseName => KerasNaming.ToSnakeCase(ClassName);

    /// <summary>The shape that a sample must have where the layer comes first, or null if the layer doesn't say.</summary>
    internal virtual IReadOnlyList<int>? DeclaredInputShape { get; init; }

    /// <summary>The penalty on the layer's output (divided by the batch size), or null.</summary>
    internal virtual Regularizer? ActivityRegularizer => null;

    /// <summary>The layers of a model, which may stand as a layer in another one; a single layer has none.</summary>
    internal virtual IReadOnlyList<Layer>? Within => null;

    /// <summary>Whether the layer is built for an input.</summary>
    internal bool IsBuilt { get; private set; }

    /// <summary>Fixes the shapes.</summary>
    /// <param name="inputShape">One sample's.</param>
    /// <exception cref="ArgumentException">The layer can't take such an input.</exception>
    internal virtual void Build(IReadOnlyList<int> inputShape)
    {
        InputShape = [.. inputShape];
        OutputShape = [.. ComputeOutputShape(InputShape)];
        Variables = [.. CreateVariables(InputShape)];
        IsBuilt = true;
    }

    /// <summary>The shape of the output for one sample.</summary>
    /// <exception cref="ArgumentException">The layer can't take such an input.</exception>
    protected abstract IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape);

    /// <summary>The weights for an input of that shape.</summary>
    protected virtual IEnumerable<VariableSpecification> CreateVariables(IReadOnlyList<int> inputShape) => [];

    /// <summary>Says that an input has the wrong number of dimensions.</summary>
    protected ArgumentException WrongInput(IReadOnlyList<int> inputShape, string expected) =>
        new($"{ClassName}{(Name.Length > 0 ? $" '{Name}'" : "")} takes {expected}, and its input is (None, {string.Join(", ", inputShape)}).");
}
