namespace VggTransfer.Datasets;

/// <summary>An image file and the class it belongs to.</summary>
/// <param name="Path">The file.</param>
/// <param name="Label">The name of the class.</param>
public sealed record LabeledImage(string Path, string Label);
