using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Puts the mean of the weights at the ends of epochs into the model when training ends (SWA; Izmailov and others, Averaging
/// Weights Leads to Wider Optima and Better Generalization, 2018). Validation within the training judges the weights as they
/// are; evaluate the model afterwards to judge the mean. Where <see cref="EarlyStopping"/> restores weights at the end, too, the
/// last of the two in the list wins.
/// </summary>
/// <remarks>
/// The running statistics of batch norms that are trained are averaged like weights. The paper computes them anew in a pass
/// over the training images, since those of the mean weights aren't quite the mean of the others'. With a rate as low as in
/// fine-tuning the epochs' weights lie close together and the difference is small; a VGG without batch norm has none, and
/// frozen batch norms keep theirs. Costs the memory of a second copy of the weights.
/// </remarks>
public class StochasticWeightAveraging : Callback
{
    private readonly int _startEpoch;
    private Dictionary<string, NDArray> _mean = new(StringComparer.Ordinal);

    /// <param name="startEpoch">The first epoch, from 0, whose weights count.</param>
    /// <exception cref="ArgumentOutOfRangeException">It is negative.</exception>
    public StochasticWeightAveraging(int startEpoch)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(startEpoch);
        _startEpoch = startEpoch;
    }

    /// <summary>How many epochs' weights the mean is made of.</summary>
    public int Count { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs)
    {
        _mean = new(StringComparer.Ordinal);
        Count = 0;
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        if (epoch < _startEpoch)
        {
            return;
        }

        Count++;
        foreach (string name in Model.Network.Variables)
        {
            NDArray weight = Model.Network.GetVariable(name);
            _mean[name] = Count == 1 ? weight : Moved(_mean[name], weight);
        }
    }

    /// <inheritdoc/>
    public override void OnTrainEnd(Logs logs)
    {
        if (Count == 0)
        {
            Model.Warn($"Weights are averaged from epoch {_startEpoch + 1} on, and training ended before: the model has the weights of its last step.");
        }

        foreach ((string name, NDArray values) in _mean)
        {
            Model.Network.SetVariable(name, values);
        }
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyDictionary<string, NDArray> SaveState()
    {
        var state = new Dictionary<string, NDArray>(StringComparer.Ordinal) { ["count"] = NDArray.From([Count]) };
        foreach ((string name, NDArray values) in _mean)
        {
            state["mean/" + name] = values;
        }

        return state;
    }

    /// <inheritdoc/>
    protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        int count = state.Integers("count", 1)[0];
        Dictionary<string, NDArray> mean = state.Where(pair => pair.Key.StartsWith("mean/", StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key["mean/".Length..], pair => pair.Value, StringComparer.Ordinal);
        bool sound = count == 0
            ? mean.Count == 0
            : count > 0 && mean.Count == Model.Network.Variables.Count && Model.Network.Variables.All(name =>
                mean.TryGetValue(name, out NDArray? values) && Model.Network.GetVariable(name) is var own && values.Type == own.Type && values.Shape.SequenceEqual(own.Shape));
        (Count, _mean) = sound ? (count, mean) : throw new ArgumentException("The saved mean of the weights is that of another model.", nameof(state));
    }

    /// <summary>The mean, moved on by one more epoch; a weight that doesn't change keeps every bit.</summary>
    private NDArray Moved(NDArray mean, NDArray weight)
    {
        switch (mean.Values)
        {
            case float[] values:
                float[] single = (float[])weight.Values;
                return NDArray.From([.. values.Select((value, i) => (float)(value + (((double)single[i] - value) / Count)))], [.. mean.Shape]);
            default:
                double[] numbers = mean.ToDoubles();
                double[] other = weight.ToDoubles();
                return NDArray.From([.. numbers.Select((value, i) => value + ((other[i] - value) / Count))], [.. mean.Shape]);
        }
    }
}
