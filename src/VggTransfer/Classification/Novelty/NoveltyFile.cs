using VggTransfer.Models;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Classification;

/// <summary>A detector as safetensors: mean and scale (D), basis (k, D) in half precision, factor (1), scores (n), ascending.</summary>
internal static class NoveltyFile
{
    // Far above what is written; a score for each picture costs time with each direction.
    private const int LargestRank = 4096;

    public static void Write(Stream stream, NoveltyDetector novelty)
    {
        int dimension = novelty.Mean.Length;
        SafetensorsWriter.Write(stream,
        [
            ModelTensor.FromFloat32("mean", [dimension], novelty.Mean),
            ModelTensor.FromFloat32("scale", [dimension], novelty.Scale),
            ModelTensor.FromFloat32("basis", [novelty.Basis.Count, dimension], [.. novelty.Basis.SelectMany(direction => direction)]).ConvertTo(TensorType.Float16),
            ModelTensor.FromFloat32("factor", [1], [(float)novelty.Factor]),
            ModelTensor.FromFloat32("scores", [novelty.Scores.Count], [.. novelty.Scores.Select(score => (float)score)]),
        ], type: null, new Dictionary<string, string>(), CancellationToken.None);
    }

    /// <param name="file">The file.</param>
    /// <param name="dimension">Length of the features.</param>
    /// <returns>The detector; null if the file isn't one for such features, or holds impossible numbers.</returns>
    public static NoveltyDetector? Read(SafetensorsFile file, int dimension)
    {
        SafetensorsTensor? basis = file.Find("basis");
        if (basis is not { DataType: SafetensorsDataType.F16, Shape: [> 0 and <= LargestRank, _] } || basis.Shape[1] != dimension || !basis.ToModelTensor().IsFinite()
            || Singles("mean") is not { } mean || mean.Length != dimension
            || Singles("scale") is not { } scale || scale.Length != dimension
            || Singles("factor") is not [>= 0 and var factor]
            || Singles("scores") is not { Length: > 0 } scores || !scores.Order().SequenceEqual(scores))
        {
            return null;
        }

        return new NoveltyDetector(mean, scale, [.. basis.ToModelTensor().ToSingles().Chunk(dimension)], factor, [.. scores.Select(score => (double)score)]);

        float[]? Singles(string name) =>
            file.Find(name) is { DataType: SafetensorsDataType.F32, Shape: [> 0] } tensor && tensor.ToModelTensor() is { } values && values.IsFinite() ? values.ToSingles() : null;
    }
}
