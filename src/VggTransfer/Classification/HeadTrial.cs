namespace VggTransfer.Classification;

/// <summary>A recipe for a head that was tried.</summary>
/// <param name="Recipe">The recipe.</param>
/// <param name="Accuracy">Share of held-out images predicted right, over all folds, 0 to 1.</param>
/// <param name="LogLoss">Mean of -ln(probability of the true class) over held-out images.</param>
public sealed record HeadTrial(HeadRecipe Recipe, double Accuracy, double LogLoss)
{
    /// <summary>
    /// Negative if the first trial is the better one: by log-loss, which tells good from better with far fewer images than
    /// accuracy does.
    /// </summary>
    internal static int Compare(HeadTrial first, HeadTrial second) => first.LogLoss.CompareTo(second.LogLoss);
}
