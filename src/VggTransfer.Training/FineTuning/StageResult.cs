using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;

namespace VggTransfer.FineTuning;

/// <summary>What came out of a stage.</summary>
/// <param name="Weights">The best weights of the trained layers.</param>
/// <param name="BestEpoch">The stage's epoch that they come from, from 1; 0 for the weights that it began with.</param>
/// <param name="Start">What the weights were worth that it began with, at this stage's input size.</param>
/// <param name="Best">What the best weights are worth.</param>
/// <param name="Epochs">The figures of each epoch.</param>
internal sealed record StageResult(IReadOnlyDictionary<string, NDArray> Weights, int BestEpoch, StageScore Start, StageScore Best, IReadOnlyList<Logs> Epochs)
{
    /// <summary>The figure that is kept in 4-byte floating point, as Keras keeps it.</summary>
    public const string LearningRate = "lr";

    /// <summary>An epoch's figures, from wherever they were kept.</summary>
    public static Logs Figures(IEnumerable<KeyValuePair<string, double>> values)
    {
        var logs = new Logs();
        foreach ((string name, double value) in values)
        {
            if (name == LearningRate)
            {
                logs.SetSingle(name, (float)value);
            }
            else
            {
                logs[name] = value;
            }
        }

        return logs;
    }
}
