namespace VggTransfer.Keras.Plots;

/// <summary>One pair of axes.</summary>
/// <param name="Title">What is drawn.</param>
/// <param name="Training">The curve of the training, or null.</param>
/// <param name="Validation">The curve of the validation, or null.</param>
/// <param name="IsLogarithmic">Whether values that span a factor of ten or more are drawn by their logarithms.</param>
internal sealed record CurvePanel(string Title, Curve? Training, Curve? Validation, bool IsLogarithmic)
{
    public IEnumerable<(int Epoch, double Value)> Points => (Training?.Points ?? []).Concat(Validation?.Points ?? []);
}
