namespace VggTransfer.DataQuality;

/// <summary>An image that was checked.</summary>
/// <param name="Path">The file.</param>
/// <param name="Label">The name of its class; empty in a folder without classes.</param>
/// <param name="IsValidation">Whether it is among the images to validate on.</param>
public sealed record CheckedImage(string Path, string Label, bool IsValidation);

/// <summary>A file that can't be used.</summary>
/// <param name="Image">The file.</param>
/// <param name="Reason">Why, as a whole sentence.</param>
public sealed record UnreadableImage(CheckedImage Image, string Reason);

/// <summary>A picture that can be read and is unusual.</summary>
/// <param name="Image">The file.</param>
/// <param name="Oddities">What is unusual; at least one.</param>
/// <param name="Width">Columns, upright.</param>
/// <param name="Height">Rows, upright.</param>
public sealed record OddImage(CheckedImage Image, IReadOnlyList<ImageOddity> Oddities, int Width, int Height);

/// <summary>A picture that is far from all others in the network's features.</summary>
/// <param name="Image">The file.</param>
/// <param name="Distance">Its distance to its nearest neighbours, where the middle one of all pictures has 1.</param>
public sealed record OutlierImage(CheckedImage Image, double Distance);

/// <summary>An image whose label is probably wrong.</summary>
/// <param name="Image">The file and its label.</param>
/// <param name="Suggested">The class that it seems to be.</param>
/// <param name="OwnProbability">Probability of its label by a head that hasn't seen it, 0 to 1.</param>
/// <param name="SuggestedProbability">Probability of the suggested class, 0 to 1.</param>
public sealed record SuspectedLabel(CheckedImage Image, string Suggested, double OwnProbability, double SuggestedProbability);

/// <summary>How many readable images a class has.</summary>
/// <param name="Label">The name of the class.</param>
/// <param name="Training">Images to learn from.</param>
/// <param name="Validation">Images to validate on.</param>
public sealed record ClassCount(string Label, int Training, int Validation);
