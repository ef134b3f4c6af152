using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>A model's weights and steps, computed by libtorch.</summary>
internal sealed class TorchNetwork : INetwork
{
    private readonly TorchDevice _device;
    private readonly IReadOnlyList<int> _inputShape;
    private readonly TorchLayers _layers;
    private readonly Dictionary<string, TorchVariable> _variables;
    private readonly ulong _seed;
    private CompiledTraining? _training;
    private WeightUpdate? _update;

    /// <summary>Makes the engine for a built model, with initial weights.</summary>
    /// <exception cref="TrainingEngineNotFoundException">libtorch isn't there.</exception>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public TorchNetwork(Layer model, ExecutionOptions options)
    {
        _device = TorchDevice.Open(options);
        _inputShape = model.InputShape;
        _seed = (ulong)options.Seed;
        _layers = TorchLayers.Create(model, _device);
        _variables = _layers.Variables.ToDictionary(variable => variable.Name, StringComparer.Ordinal);
        for (int i = 0; i < _layers.Variables.Count; i++)
        {
            _layers.Variables[i].Set(_layers.Specifications[i].Initializer.Create(_layers.Specifications[i].Shape, Seeds.Derive(_seed, (ulong)i)));
        }
    }

    /// <inheritdoc/>
    public string Device => _device.ToString();

    /// <inheritdoc/>
    public IReadOnlyList<string> Variables => [.. _layers.Variables.Select(variable => variable.Name)];

    private WeightUpdate Update => _update ?? throw new InvalidOperationException("The model must be compiled first.");

    private CompiledTraining Training => _training ?? throw new InvalidOperationException("The model must be compiled first.");

    /// <inheritdoc/>
    public bool ShowsAverages
    {
        get => Update.ShowsAverages;
        set => Update.ShowsAverages = value;
    }

    /// <inheritdoc/>
    public NDArray GetVariable(string name) => Find(name).Get();

    /// <inheritdoc/>
    public void SetVariable(string name, NDArray values) => Find(name).Set(values);

    /// <inheritdoc/>
    public void Compile(CompiledTraining training)
    {
        if (_update is not null)
        {
            _update.ShowsAverages = false;
            _update.Dispose();
        }

        _training = training;
        _update = new WeightUpdate(training.Optimizer, _layers.Variables.Where(variable => variable.IsTrainable()), _device);
        foreach (TorchVariable variable in _layers.Variables)
        {
            bool trained = _update.Variables.Contains(variable);
            variable.Leaf.requires_grad_(trained);
            variable.KeepStartingPoint(trained);
        }
    }

    /// <inheritdoc/>
    public StepResult Train(Batch batch, IReadOnlyDictionary<int, double>? classWeights)
    {
        _device.Enter();
        Update.ShowsAverages = false;
        using var scope = NewDisposeScope();
        using IDisposable grad = set_grad_enabled(Update.Variables.Count > 0);
        var context = new StepContext { IsTraining = true, UpdatesStatistics = true, Seed = Seeds.Derive(_seed, (ulong)Update.Step) };
        StepLoss loss = Loss(batch, classWeights, context);
        IReadOnlyList<Tensor> gradients = Differentiate(loss);
        var penalty = new WeightPenalty(_device);
        if (!loss.IsFinite)
        {
            CountAll(penalty);
            return loss.ToResult(penalty.Total(), 0);
        }

        CountFrozen(penalty);
        double rate = Update.Apply(gradients, penalty);
        return loss.ToResult(penalty.Total(), rate);
    }

    /// <inheritdoc/>
    public StepResult Test(Batch batch)
    {
        _device.Enter();
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        StepLoss loss = Loss(batch, null, new StepContext());
        var penalty = new WeightPenalty(_device);
        foreach (TorchVariable variable in _layers.Variables.Where(variable => variable.Regularizer is { IsFromStartingPoint: false }))
        {
            Count(variable, penalty);
        }

        return loss.ToResult(penalty.Total(), 0);
    }

    /// <inheritdoc/>
    public NDArray Predict(NDArray x)
    {
        _device.Enter();
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        return TorchArrays.ToArray(Maps.ToKeras(Forward(Input(x), new StepContext())));
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, NDArray> Gradients(Batch batch, IReadOnlyDictionary<int, double>? classWeights)
    {
        _device.Enter();
        using var scope = NewDisposeScope();
        using IDisposable grad = set_grad_enabled(Update.Variables.Count > 0);
        var context = new StepContext { IsTraining = true, Seed = Seeds.Derive(_seed, (ulong)Update.Step) };
        Tensor[] rows = [.. Differentiate(Loss(batch, classWeights, context)).Select(gradient => gradient.reshape(-1).to(_device.WeightType))];
        var penalty = new WeightPenalty(_device);
        Update.AddPenalties(rows, penalty);
        penalty.Total();
        return Update.Variables.Zip(rows).ToDictionary(pair => pair.First.Name, pair => pair.First.ToKeras(pair.Second), StringComparer.Ordinal);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, NDArray> GetOptimizerState() => Update.GetState();

    /// <inheritdoc/>
    public void SetOptimizerState(IReadOnlyDictionary<string, NDArray> state) => Update.SetState(state);

    /// <inheritdoc/>
    public void TakeAverages() => Update.TakeAverages();

    /// <inheritdoc/>
    public string? FirstNonFinite(Batch batch)
    {
        using var scope = NewDisposeScope();
        using var _ = no_grad();
        var context = new StepContext();
        Tensor x = Input(batch.X);
        foreach (TorchLayer layer in _layers.Layers)
        {
            x = layer.Forward(x, context);
            if (!x.isfinite().all().item<bool>())
            {
                return layer.Description.Name;
            }
        }

        return double.IsFinite(Test(batch).Loss) ? null : "the loss";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _update?.Dispose();
        foreach (TorchVariable variable in _layers.Variables)
        {
            variable.Dispose();
        }
    }

    private TorchVariable Find(string name) => _variables.TryGetValue(name, out TorchVariable? variable)
        ? variable
        : throw new ArgumentException($"There is no weight '{name}'; there are {string.Join(", ", Variables)}.", nameof(name));

    private Tensor Input(NDArray x)
    {
        if (x.Length == 0 || !x.Shape.Skip(1).SequenceEqual(_inputShape))
        {
            throw new ArgumentException($"The model takes inputs of the shape (samples, {string.Join(", ", _inputShape)}), and one of the shape ({string.Join(", ", x.Shape)}) was given.", nameof(x));
        }

        Tensor input = Maps.FromKeras(TorchArrays.ToDevice(x, _device));
        return input.to(_device.WeightType);
    }

    private Tensor Forward(Tensor x, StepContext context)
    {
        foreach (TorchLayer layer in _layers.Layers)
        {
            x = layer.Forward(x, context);
        }

        return x.to(_device.WeightType);
    }

    private StepLoss Loss(Batch batch, IReadOnlyDictionary<int, double>? classWeights, StepContext context)
    {
        if (batch.Y is null)
        {
            throw new ArgumentException("Training and evaluation need targets, and the batch has none.", nameof(batch));
        }

        Tensor output = Forward(Input(batch.X), context);
        var targets = new Targets(batch.Y, batch.Count, output, _device);
        return StepLoss.Compute(Training, output, targets, SampleWeights.Of(batch, targets, classWeights, _device), context);
    }

    // Not autograd.grad: TorchSharp lets what goes wrong there, such as a GPU's lack of memory, end the process.
    private List<Tensor> Differentiate(StepLoss loss)
    {
        List<Tensor> gradients = [];
        if (Update.Variables.Count > 0)
        {
            loss.Differentiated.backward();
            foreach (TorchVariable variable in Update.Variables)
            {
                gradients.Add(variable.Leaf.grad!);
                variable.Leaf.grad = null;
            }
        }

        return gradients;
    }

    private void CountAll(WeightPenalty penalty)
    {
        using var _ = no_grad();
        foreach (TorchVariable variable in _layers.Variables)
        {
            Count(variable, penalty);
        }
    }

    private void CountFrozen(WeightPenalty penalty)
    {
        using var _ = no_grad();
        foreach (TorchVariable variable in _layers.Variables.Except(Update.Variables))
        {
            Count(variable, penalty);
        }
    }

    private static void Count(TorchVariable variable, WeightPenalty penalty)
    {
        // A weight that isn't trained stays where it started.
        if (variable.Regularizer is { } regularizer && !(regularizer.IsFromStartingPoint && variable.StartingPoint is null))
        {
            using var scope = NewDisposeScope();
            penalty.Count(regularizer, variable.Flat, variable.StartingPoint);
        }
    }
}
