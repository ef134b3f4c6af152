using VggTransfer.Images;
using VggTransfer.Serving;

namespace VggTransfer.Classification;

/// <summary>
/// What applications ask of a classifier, whether they loaded it themselves (<see cref="ImageClassifier"/>) or had it
/// registered as a service, which follows its model file. Safe to use from any number of threads at once.
/// </summary>
/// <remarks>
/// Every call on a disposed classifier throws <see cref="ObjectDisposedException"/>. With a time-out set, a call that takes
/// longer throws <see cref="TimeoutException"/>; with micro-batching that rejects, one beyond the queue's capacity throws
/// <see cref="ClassifierOverloadedException"/>.
/// </remarks>
public interface IImageClassifier
{
    /// <summary>What the classifier is and how it was trained.</summary>
    ClassifierDescription Description { get; }

    /// <summary>Classifies an image file, which is read and closed at once.</summary>
    /// <exception cref="InvalidImageException">The file is no usable image, or is too large.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    ImagePrediction Classify(string path);

    /// <summary>Classifies an encoded image (JPEG, PNG, ...).</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What messages and the result call it.</param>
    /// <exception cref="InvalidImageException">The bytes are no usable image, or too many.</exception>
    ImagePrediction Classify(ReadOnlyMemory<byte> encoded, string name = "image");

    /// <summary>Classifies an encoded image, reading the stream from its position to its end.</summary>
    /// <param name="stream">The stream; it isn't disposed.</param>
    /// <param name="name">What messages and the result call it.</param>
    /// <exception cref="InvalidImageException">The content is no usable image, or is too large.</exception>
    /// <exception cref="IOException">The stream can't be read.</exception>
    ImagePrediction Classify(Stream stream, string name = "image");

    /// <summary>Classifies an image file, which is read and closed at once.</summary>
    /// <param name="path">The file.</param>
    /// <param name="cancellationToken">Ends the call; other calls aren't disturbed.</param>
    /// <exception cref="InvalidImageException">The file is no usable image, or is too large.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<ImagePrediction> ClassifyAsync(string path, CancellationToken cancellationToken = default);

    /// <summary>Classifies an encoded image (JPEG, PNG, ...).</summary>
    /// <param name="encoded">The file's bytes; they must not change until the result is there, also where the call was cancelled.</param>
    /// <param name="name">What messages and the result call it.</param>
    /// <param name="cancellationToken">Ends the call; other calls aren't disturbed.</param>
    /// <exception cref="InvalidImageException">The bytes are no usable image, or too many.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<ImagePrediction> ClassifyAsync(ReadOnlyMemory<byte> encoded, string name = "image", CancellationToken cancellationToken = default);

    /// <summary>Classifies an encoded image, reading the stream from its position to its end.</summary>
    /// <param name="stream">The stream; it isn't disposed.</param>
    /// <param name="name">What messages and the result call it.</param>
    /// <param name="cancellationToken">Ends the call; other calls aren't disturbed.</param>
    /// <exception cref="InvalidImageException">The content is no usable image, or is too large.</exception>
    /// <exception cref="IOException">The stream can't be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    Task<ImagePrediction> ClassifyAsync(Stream stream, string name = "image", CancellationToken cancellationToken = default);

    /// <summary>Classifies many image files in batches, in their order, as results become ready; bad files give a result with an error.</summary>
    /// <param name="paths">The files; taken as needed, a batch or two ahead.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IEnumerable<ImagePrediction> ClassifyAll(IEnumerable<string> paths, CancellationToken cancellationToken = default);

    /// <summary>
    /// Classifies many image files as they come, several at a time: a result for each, in their order, as soon as it and those
    /// before it are ready. Bad files give a result with an error. The time-out doesn't apply.
    /// </summary>
    /// <param name="paths">The files; read ahead by two batches at the most.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IAsyncEnumerable<ImagePrediction> ClassifyAllAsync(IAsyncEnumerable<string> paths, CancellationToken cancellationToken = default);

    /// <summary>Classifies many encoded images as they come; otherwise the same as for files.</summary>
    /// <param name="images">The images; read ahead by two batches at the most.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IAsyncEnumerable<ImagePrediction> ClassifyAllAsync(IAsyncEnumerable<ImageContent> images, CancellationToken cancellationToken = default);
}
