namespace VggTransfer.Similarity;

/// <summary>A picture that was found.</summary>
/// <param name="Path">Its file, relative to the folder that was indexed, with <c>/</c> between the parts.</param>
/// <param name="Similarity">The cosine of the two pictures' features, -1 to 1; 1 for the same picture.</param>
public sealed record SimilarImage(string Path, double Similarity);
