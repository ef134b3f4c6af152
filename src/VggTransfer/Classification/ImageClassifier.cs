using System.Numerics.Tensors;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.Classification;

/// <summary>
/// A trained classifier: a frozen VGG and a head. Immutable; safe to use from any number of threads at once. Image files
/// are read and closed at once. Dispose it when no call is under way any more.
/// </summary>
public sealed class ImageClassifier : IDisposable
{
    private readonly FeatureExtractor _extractor;
    private readonly LinearHead _head;
    private readonly bool _averagesMirror;

    private ImageClassifier(ClassifierDescription description, FeatureExtractor extractor, LinearHead head, bool averagesMirror)
    {
        Description = description;
        _extractor = extractor;
        _head = head;
        _averagesMirror = averagesMirror;
    }

    /// <summary>What the classifier is and how it was trained.</summary>
    public ClassifierDescription Description { get; }

    /// <summary>The names of the classes.</summary>
    public IReadOnlyList<string> Labels => Description.Labels;

    /// <summary>Loads a model file that <c>vggtransfer train</c> or <see cref="TrainedImageClassifier.Save"/> made.</summary>
    /// <param name="path">The file, a .zip.</param>
    /// <param name="batchSize">Images in a batch when many are classified, 1 to 256.</param>
    /// <param name="threads">Threads for decoding and inference, 1 to 1024; by default one for each processor.</param>
    /// <exception cref="InvalidModelFileException">The file is no such model, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ImageClassifier Load(string path, int batchSize = 8, int? threads = null)
    {
        var options = new ImageClassifierOptions { BatchSize = batchSize };
        return Load(path, threads is null ? options : options with { Threads = threads.Value });
    }

    /// <summary>Loads a model file that <c>vggtransfer train</c> or <see cref="TrainedImageClassifier.Save"/> made.</summary>
    /// <param name="path">The file, a .zip.</param>
    /// <param name="options">How it shall run.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="InvalidModelFileException">The file is no such model, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public static ImageClassifier Load(string path, ImageClassifierOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        (ClassifierDescription description, LinearHead head, BackboneSession session) = ClassifierFile.Load(path, options.Threads);
        var extraction = new FeatureExtractorOptions
        {
            Layer = description.Layer,
            InputSize = description.InputSize,
            Resize = description.Resize,
            Decoding = new ImageDecodeOptions { Orientation = description.Orientation, Scale = DecodeScale.Fast },
            BatchSize = options.BatchSize,
            Threads = options.Threads,
            AddMirror = options.MirrorAveraging,
        };
        return new ImageClassifier(description, new FeatureExtractor(session, description.Layer, extraction), head, options.MirrorAveraging);
    }

    /// <summary>Classifies an image file.</summary>
    /// <exception cref="InvalidImageException">The file is no usable image.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public ImagePrediction Classify(string path) => Predict(path, _extractor.Extract(path));

    /// <summary>Classifies an encoded image (JPEG, PNG, ...).</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="name">What messages and the result call it.</param>
    /// <exception cref="InvalidImageException">The bytes are no usable image.</exception>
    public ImagePrediction Classify(ReadOnlyMemory<byte> encoded, string name = "image") => Predict(name, _extractor.Extract(encoded, name));

    /// <summary>Classifies an encoded image, reading the stream from its position to its end.</summary>
    /// <param name="stream">The stream; it isn't disposed.</param>
    /// <param name="name">What messages and the result call it.</param>
    /// <exception cref="InvalidImageException">The content is no usable image, or is too large.</exception>
    /// <exception cref="IOException">The stream can't be read.</exception>
    public ImagePrediction Classify(Stream stream, string name = "image")
    {
        ArgumentNullException.ThrowIfNull(stream);
        long largest = ImageDecodeOptions.Default.MaxBytes;
        using var content = new MemoryStream();
        byte[] buffer = new byte[81_920];
        for (int read = stream.Read(buffer); read > 0; read = stream.Read(buffer))
        {
            if (content.Length + read > largest)
            {
                throw new InvalidImageException(name, $"has more than {largest:N0} bytes", "Give a smaller image.");
            }

            content.Write(buffer, 0, read);
        }

        return Classify(content.GetBuffer().AsMemory(0, (int)content.Length), name);
    }

    /// <summary>Classifies many image files in batches, in their order, as results become ready; bad files give a result with an error.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IEnumerable<ImagePrediction> ClassifyAll(IEnumerable<string> paths, CancellationToken cancellationToken = default) =>
        _extractor.ExtractAll(paths, cancellationToken).Select(features => features.Values is null
            ? new ImagePrediction(features.Name, [], features.Error!.Message)
            : Predict(features.Name, features.Values));

    /// <summary>Compares predictions with the classes of a folder.</summary>
    /// <param name="folder">The images; classes that the model doesn't know are refused, and not all of its classes need occur.</param>
    /// <param name="progress">Told the number of images done.</param>
    /// <param name="cancellationToken">Ends the work between two batches.</param>
    /// <exception cref="InvalidImageFolderException">The folder has a class that the model doesn't know, or no image that can be read.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public EvaluationResult Evaluate(ImageFolder folder, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(folder);
        Dictionary<string, int> indices = Labels.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        string[] unknown = [.. folder.Classes.Where(label => !indices.ContainsKey(label))];
        if (unknown.Length > 0)
        {
            throw new InvalidImageFolderException(folder.Path, $"the model doesn't know its class '{unknown[0]}'; it knows {string.Join(", ", Labels.Take(20))}{(Labels.Count > 20 ? ", ..." : "")}");
        }

        var truth = new List<int>();
        var probabilities = new List<float[]>();
        var skipped = new List<SkippedImage>();
        foreach ((int i, ImageFeatures features) in _extractor.ExtractAll(folder.Images.Select(image => image.Path), cancellationToken).Index())
        {
            if (features.Values is null)
            {
                skipped.Add(new SkippedImage(features.Name, features.Error!.Message));
            }
            else
            {
                truth.Add(indices[folder.Images[i].Label]);
                probabilities.Add(Probabilities(features.Values));
            }

            progress?.Report(i + 1);
        }

        return truth.Count > 0
            ? new EvaluationResult(ClassificationMetrics.Compute(Labels, truth, probabilities), skipped)
            : throw new InvalidImageFolderException(folder.Path, $"none of its {folder.Images.Count} images can be read; the first: {skipped[0].Reason.TrimEnd('.')}");
    }

    /// <inheritdoc/>
    public void Dispose() => _extractor.Dispose();

    private ImagePrediction Predict(string name, float[] features)
    {
        float[] probabilities = Probabilities(features);
        return new ImagePrediction(name,
            [.. probabilities.Index().OrderByDescending(pair => pair.Item).Select(pair => new ClassProbability(Labels[pair.Index], pair.Item))], Error: null);
    }

    /// <param name="features">Of the picture; with mirror averaging those of its mirror picture behind them.</param>
    private float[] Probabilities(float[] features)
    {
        if (!_averagesMirror)
        {
            return _head.Probabilities(features);
        }

        float[] probabilities = _head.Probabilities(features.AsSpan(0, _head.Dimension));
        TensorPrimitives.Add(probabilities, _head.Probabilities(features.AsSpan(_head.Dimension)), probabilities);
        TensorPrimitives.Divide(probabilities, 2, probabilities);
        return probabilities;
    }
}
