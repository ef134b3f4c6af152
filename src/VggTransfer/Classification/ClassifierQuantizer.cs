using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Quantization;

namespace VggTransfer.Classification;

/// <summary>Makes a model file whose network computes in 8-bit integers from one in floating point; the head, and what tells pictures that are none of the classes, stay as they are.</summary>
public static class ClassifierQuantizer
{
    /// <summary>Writes the quantised model. It appears whole or not at all.</summary>
    /// <param name="path">A model file that a training saved.</param>
    /// <param name="output">The file to write, by custom a .zip.</param>
    /// <param name="images">Image files to measure ranges on, of the kind that the model will see; null for the ranges that the file keeps.</param>
    /// <param name="options">Method, how many images, threads. Layer, input size and orientation are the model's.</param>
    /// <param name="progress">Told how many images of how many are done.</param>
    /// <param name="cancellationToken">Ends the work between two images.</param>
    /// <returns>What was measured; null where the file's own ranges were taken.</returns>
    /// <exception cref="InvalidModelFileException">The file is no such model, or is damaged.</exception>
    /// <exception cref="NotSupportedException">It computes in 8-bit integers already.</exception>
    /// <exception cref="ArgumentException">The file keeps no ranges, no image can be read, or an option is out of its range.</exception>
    /// <exception cref="IOException">The file can't be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static QuantizationResult? Quantize(
        string path, string output, IReadOnlyList<string>? images, QuantizationOptions? options = null, IProgress<(int Done, int Total)>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(output);
        (ClassifierDescription description, LinearHead head, NoveltyDetector? novelty, VggModel network) = ClassifierFile.ReadNetwork(path);
        using (network)
        {
            if (description.Precision.Precision == OnnxPrecision.Int8)
            {
                throw new NotSupportedException($"'{path}' computes in 8-bit integers already; take the model in floating point that it was made from.");
            }

            QuantizationResult? measured = images is null ? null : ModelQuantizer.Measure(
                network,
                images,
                (options ?? new QuantizationOptions()) with
                {
                    Layer = description.Layer,
                    InputSize = description.InputSize,
                    Decoding = description.Decoding,
                },
                progress,
                cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            PrecisionChoice choice = new()
            {
                Precision = OnnxPrecision.Int8,
                Reason = measured is null ? "quantised after training, with the ranges that the backbone came with" : $"quantised after training, with ranges measured on {measured.CalibrationImages} images",
                Similarity = measured?.Similarity,
            };
            ClassifierExport.Write(network.WithActivationRanges(measured?.Ranges ?? VggOnnxGraph.RangesOf(network)), head, description with { Precision = choice }, output, novelty);
            return measured;
        }
    }
}
