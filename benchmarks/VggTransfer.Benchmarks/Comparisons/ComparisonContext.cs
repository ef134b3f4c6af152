using VggTransfer.Benchmarks.Material;
using VggTransfer.Images;
using VggTransfer.Quantization;

namespace VggTransfer.Benchmarks.Comparisons;

/// <summary>What all groups share: how thorough to be, photos, networks, a folder that is gone afterwards.</summary>
internal sealed class ComparisonContext(Effort effort, BenchmarkPhotos photos, int inputSize, string workFolder, Action<string> note) : IDisposable
{
    private BenchmarkNetwork? _embedded;
    private BenchmarkNetwork? _fullSize;

    public Effort Effort { get; } = effort;

    public BenchmarkPhotos Photos { get; } = photos;

    /// <summary>Side of the input in pixels, where a network lets it be chosen.</summary>
    public int InputSize { get; } = inputSize;

    /// <summary>How photos are decoded where there are many: as training, the command line and the classifier do it.</summary>
    public ImageDecodeOptions Decoding { get; } = new() { Scale = DecodeScale.Fast };

    /// <summary>Every second photo: ranges of activations are measured on these.</summary>
    public IReadOnlyList<string> CalibrationPhotos { get; } = [.. photos.Paths.Where((_, i) => i % 2 == 0)];

    /// <summary>The others: nothing was fitted to these.</summary>
    public IReadOnlyList<string> HeldOutPhotos { get; } = [.. photos.Paths.Where((_, i) => i % 2 == 1)];

    /// <summary>A folder for files that are needed only now.</summary>
    public string WorkFolder { get; } = workFolder;

    /// <summary>Tells people something, beside the table.</summary>
    public void Note(string sentence) => note(sentence);

    /// <summary>The backbone that comes with the library; made when it is first asked for.</summary>
    public BenchmarkNetwork Embedded(CancellationToken cancellationToken) =>
        _embedded ??= BenchmarkNetwork.Embedded(WorkFolder, Quantization with { InputSize = InputSize }, CalibrationPhotos, cancellationToken);

    /// <summary>VGG16 at its true size; made when it is first asked for, in some seconds.</summary>
    public BenchmarkNetwork FullSize(CancellationToken cancellationToken)
    {
        if (_fullSize is null)
        {
            Note("making a VGG16 of true size with random dense layers, and measuring its ranges");
            _fullSize = BenchmarkNetwork.FullSize(WorkFolder, Quantization, CalibrationPhotos, cancellationToken);
        }

        return _fullSize;
    }

    // Comparing ways of choosing ranges takes longer than measuring them.
    private QuantizationOptions Quantization => new() { Method = Effort.IsQuick ? RangeMethod.MinMax : null, LargestSample = Effort.Photos };

    public void Dispose()
    {
        _embedded?.Dispose();
        _fullSize?.Dispose();
    }
}
