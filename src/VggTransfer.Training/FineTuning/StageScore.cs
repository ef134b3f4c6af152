namespace VggTransfer.FineTuning;

/// <summary>
/// What weights are worth on the validation images. The accuracy counts first and the loss only between equals: a network
/// that is trained on becomes surer of itself, so that its loss may grow while it gets more pictures right; and the epochs of
/// a falling rate are so alike that choosing among them by chance loses next to nothing.
/// </summary>
/// <param name="Accuracy">The share of images that are told right.</param>
/// <param name="Loss">The validation loss.</param>
internal readonly record struct StageScore(double Accuracy, double Loss)
{
    /// <summary>Whether these weights are to be preferred.</summary>
    public bool IsBetterThan(StageScore other) => Accuracy > other.Accuracy || (Accuracy == other.Accuracy && Loss < other.Loss);
}
