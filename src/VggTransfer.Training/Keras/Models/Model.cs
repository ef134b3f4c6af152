using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;

namespace VggTransfer.Keras.Models;

/// <summary>
/// A chain of layers that can be summarised, compiled, trained and used. A model is a layer, too: a whole VGG can stand
/// first in a <see cref="Sequential"/>. Weights come to life at the first computation; dispose the model to free them.
/// Not safe for use from several threads at once.
/// </summary>
public abstract partial class Model : Layer, IDisposable
{
    private readonly List<Layer> _layers = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private ExecutionOptions _execution = new();
    private INetwork? _network;
    private CompiledTraining? _training;
    private bool _compiled;

    private protected Model(string? name)
        : base(name) { }

    /// <summary>The layers, from the input to the output; a model within counts as one.</summary>
    public IReadOnlyList<Layer> Layers => _layers;

    /// <summary>
    /// Whether training may change any weight. Setting it sets all layers; takes effect at the next compilation.
    /// </summary>
    public override bool Trainable
    {
        get => base.Trainable;
        set
        {
            base.Trainable = value;
            foreach (Layer layer in _layers)
            {
                layer.Trainable = value;
            }
        }
    }

    /// <summary>Where and how the model computes. Can be changed until its first computation.</summary>
    /// <exception cref="InvalidOperationException">Setting it after the first computation.</exception>
    public ExecutionOptions Execution
    {
        get => _execution;
        set => _execution = _network is null ? value : throw new InvalidOperationException("Where and how a model computes can't be changed after its first computation.");
    }

    /// <summary>The device of the computation, in words: <c>CPU, 2 threads, float32</c>. Brings the weights to life.</summary>
    public string Device => Network.Device;

    /// <summary>Callbacks set this to end the training after the epoch.</summary>
    public bool StopTraining { get; set; }

    /// <summary>How weights follow from gradients.</summary>
    /// <exception cref="InvalidOperationException">The model isn't compiled.</exception>
    public Optimizer Optimizer => Training.Optimizer;

    /// <inheritdoc/>
    public override long ParameterCount => _layers.Sum(layer => layer.ParameterCount);

    /// <summary>The single layers in order, those of models within in their places.</summary>
    internal IEnumerable<Layer> FlatLayers => _layers.SelectMany(layer => layer is Model model ? model.FlatLayers : [layer]);

    /// <summary>What computes the model; made at the first use.</summary>
    /// <exception cref="InvalidOperationException">The input shape isn't known.</exception>
    internal INetwork Network
    {
        get
        {
            if (_network is null)
            {
                RequireBuilt();
                _network = new TorchNetwork(this, _execution);
            }

            return _network;
        }
    }

    /// <summary>The network, ready for training and evaluation.</summary>
    /// <exception cref="InvalidOperationException">The model isn't compiled, or its input shape isn't known.</exception>
    internal INetwork CompiledNetwork
    {
        get
        {
            CompiledTraining training = Training;
            INetwork network = Network;
            if (!_compiled)
            {
                network.Compile(training);
                _compiled = true;
            }

            return network;
        }
    }

    /// <summary>Whether <see cref="Compile"/> was called.</summary>
    internal bool IsCompiled => _training is not null;

    /// <summary>What the model was compiled with.</summary>
    /// <exception cref="InvalidOperationException">The model isn't compiled.</exception>
    internal CompiledTraining Training =>
        _training ?? throw new InvalidOperationException("The model must be compiled before it is trained or evaluated: call Compile with an optimizer and a loss.");

    /// <summary>
    /// Says how the model is trained and judged. Optimizer slots start afresh, and changes to
    /// <see cref="Layer.Trainable"/> take effect.
    /// </summary>
    /// <param name="optimizer">How weights are updated; it belongs to this model from now on.</param>
    /// <param name="loss">What is minimised; Keras's names work (<c>"sparse_categorical_crossentropy"</c>, from probabilities).</param>
    /// <param name="metrics">What is reported beside the loss; Keras's names work (<c>"accuracy"</c>).</param>
    public void Compile(Optimizer optimizer, Loss loss, IReadOnlyList<Metric>? metrics = null)
    {
        _training = new CompiledTraining(optimizer, loss, [.. metrics ?? []]);
        _compiled = false;
    }

    /// <summary>A layer of this model by its name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public Layer GetLayer(string name) =>
        _layers.FirstOrDefault(layer => layer.Name == name)
        ?? throw new ArgumentException($"There is no layer '{name}'; there are {string.Join(", ", _layers.Select(layer => layer.Name))}.", nameof(name));

    /// <inheritdoc/>
    public void Dispose()
    {
        _network?.Dispose();
        _network = null;
        GC.SuppressFinalize(this);
    }

    /// <summary>Puts a layer at the end, with a name of its own in this model.</summary>
    /// <exception cref="ArgumentException">The name is taken, or the layer can't follow.</exception>
    /// <exception cref="InvalidOperationException">The model has computed already.</exception>
    private protected void Append(Layer layer)
    {
        if (_network is not null)
        {
            throw new InvalidOperationException("A layer can't be added after the model's first computation.");
        }

        string name = layer.GivenName ?? FreeName(layer.BaseName);
        if (!_names.Add(name))
        {
            throw new ArgumentException($"There are two layers named '{name}'; names must be unique in a model.", nameof(layer));
        }

        layer.Name = name;
        _layers.Add(layer);
        if (_layers.Count > 1 && _layers[^2].IsBuilt)
        {
            layer.Build(_layers[^2].OutputShape);
        }
        else if (_layers.Count == 1 && layer.DeclaredInputShape is { } shape)
        {
            layer.Build(shape);
        }

        if (layer.IsBuilt)
        {
            base.Build(_layers[0].InputShape);
        }
    }

    /// <inheritdoc/>
    internal override void Build(IReadOnlyList<int> inputShape)
    {
        if (!IsBuilt)
        {
            BuildFrom(inputShape);
        }
        else if (!inputShape.SequenceEqual(InputShape))
        {
            throw new ArgumentException($"The model '{Name}' takes (None, {string.Join(", ", InputShape)}), and its input is (None, {string.Join(", ", inputShape)}).", nameof(inputShape));
        }
    }

    /// <summary>Fixes the shapes from the input on.</summary>
    private protected void BuildFrom(IReadOnlyList<int> inputShape)
    {
        if (_layers.Count == 0)
        {
            throw new ArgumentException($"The model '{Name}' has no layers.", nameof(inputShape));
        }

        foreach (Layer layer in _layers)
        {
            layer.Build(inputShape);
            inputShape = layer.OutputShape;
        }

        base.Build(_layers[0].InputShape);
    }

    internal override IReadOnlyList<Layer> Within => _layers;

    internal override IReadOnlyList<int>? DeclaredInputShape => _layers.Count > 0 && _layers[0].IsBuilt ? _layers[0].InputShape : null;

    /// <inheritdoc/>
    protected override IReadOnlyList<int> ComputeOutputShape(IReadOnlyList<int> inputShape) => _layers[^1].OutputShape;

    internal void RequireBuilt()
    {
        if (!IsBuilt)
        {
            throw new InvalidOperationException("The model's input shape isn't known: put an Input first, give its first layer an inputShape, or call Build.");
        }
    }

    /// <summary><c>conv2d</c>, <c>conv2d_1</c>, ...; Keras counts inputs from 1.</summary>
    private string FreeName(string baseName)
    {
        int number = baseName == "input" ? 1 : 0;
        string name;
        do
        {
            name = number == 0 ? baseName : $"{baseName}_{number}";
            number++;
        }
        while (_names.Contains(name));
        return name;
    }
}
