using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;

namespace VggTransfer.FineTuning;

/// <summary>Keeps the weights that did best on the validation images, those that a stage began with included; or the last.</summary>
/// <param name="start">What the weights are worth that the stage begins with.</param>
/// <param name="compares">Whether later weights must be better.</param>
internal sealed class BestWeights(StageScore start, bool compares = true) : Callback
{
    private const string Prefix = "weights/";

    private Dictionary<string, NDArray> _weights = new(StringComparer.Ordinal);

    /// <summary>The best weights, by name.</summary>
    public IReadOnlyDictionary<string, NDArray> Weights => _weights;

    /// <summary>What they are worth.</summary>
    public StageScore Score { get; private set; }

    /// <summary>The epoch of this stage that they come from, from 1; 0 for the start.</summary>
    public int Epoch { get; private set; }

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs)
    {
        Score = start;
        Epoch = 0;
        Keep();
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs) => Judge(new StageScore(logs["val_accuracy"], logs["val_loss"]), epoch + 1);

    /// <summary>Takes the model's weights, where they must be better if they are.</summary>
    public void Judge(StageScore score, int epoch)
    {
        if (!compares || score.IsBetterThan(Score))
        {
            Score = score;
            Epoch = epoch;
            Keep();
        }
    }

    /// <inheritdoc/>
    protected internal override IReadOnlyDictionary<string, NDArray> SaveState()
    {
        var state = new Dictionary<string, NDArray>(StringComparer.Ordinal)
        {
            ["score"] = NDArray.From([Score.Accuracy, Score.Loss]),
            ["epoch"] = NDArray.From([Epoch]),
        };
        foreach ((string name, NDArray values) in _weights)
        {
            state[Prefix + name] = values;
        }

        return state;
    }

    /// <inheritdoc/>
    protected internal override void RestoreState(IReadOnlyDictionary<string, NDArray> state)
    {
        double[] score = state.Numbers("score", 2);
        Score = new StageScore(score[0], score[1]);
        Epoch = state.Integers("epoch", 1)[0];
        _weights = state.Where(pair => pair.Key.StartsWith(Prefix, StringComparison.Ordinal))
            .ToDictionary(pair => pair.Key[Prefix.Length..], pair => pair.Value, StringComparer.Ordinal);
    }

    private void Keep() => _weights = Model.Network.Variables.ToDictionary(name => name, Model.Network.GetVariable, StringComparer.Ordinal);
}
