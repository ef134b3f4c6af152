namespace VggTransfer.Keras.Plots;

/// <summary>A loss over learning rates, drawn by their logarithms.</summary>
/// <param name="Title">What is drawn.</param>
/// <param name="Losses">The rates, above 0, and the losses, finite; at least one.</param>
/// <param name="Smoothed">The same, smoothed.</param>
/// <param name="Suggestion">The rate that gets a mark.</param>
internal sealed record RatePanel(string Title, IReadOnlyList<(double Rate, double Value)> Losses, IReadOnlyList<(double Rate, double Value)> Smoothed, double Suggestion);
