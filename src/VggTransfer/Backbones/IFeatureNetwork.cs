namespace VggTransfer.Backbones;

/// <summary>A network that is loaded: pixels in, one feature vector for each image out. Safe to run from many threads.</summary>
public interface IFeatureNetwork : IDisposable
{
    /// <summary>The length of a feature vector.</summary>
    int Dimension { get; }

    /// <summary>The side of the input in pixels.</summary>
    int InputSize { get; }

    /// <summary>Runs a batch.</summary>
    /// <param name="pixels">uint8, (count, size, size, 3), RGB.</param>
    /// <param name="count">Images in the batch.</param>
    /// <param name="features">Receives the outputs, (count, dimension), row by row.</param>
    /// <param name="cancellationToken">Ends the run as soon as the layer under way is done.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    void Run(Memory<byte> pixels, int count, Memory<float> features, CancellationToken cancellationToken = default);
}
