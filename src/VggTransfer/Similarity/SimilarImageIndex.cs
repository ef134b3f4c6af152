using System.Numerics.Tensors;
using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Files;

namespace VggTransfer.Similarity;

/// <summary>
/// Finds the pictures of a folder that look most like another picture. The index is a file, mapped into memory, with a vector of
/// half precision for each picture; a search compares with every one of them, so nothing is missed. Safe to use from many threads.
/// </summary>
public sealed class SimilarImageIndex : IDisposable
{
    /// <summary>Queries that are compared at once; more would wait for memory all the same.</summary>
    private const int LargestBatch = 256;

    private readonly MappedFile _file;
    private readonly IndexContent _content;
    private readonly NearestVectors _vectors;

    private SimilarImageIndex(MappedFile file, IndexContent content)
    {
        _file = file;
        _content = content;
        _vectors = new NearestVectors(file, content.VectorsStart, content.Entries.Length, content.Dimension);
    }

    /// <summary>How many pictures it has.</summary>
    public int Count => _content.Entries.Length;

    /// <summary>The length of a vector.</summary>
    public int Dimension => _content.Dimension;

    /// <summary>What was taken as features.</summary>
    public FeatureLayer Layer => FeatureLayer.Parse(_content.Settings.Layer);

    /// <summary>Side of the network's input in pixels.</summary>
    public int InputSize => _content.Settings.InputSize;

    /// <summary>The pictures' files, relative to the folder, with <c>/</c> between the parts.</summary>
    public IEnumerable<string> Paths => _content.Entries.Select(entry => entry.Path);

    internal IndexSettings Settings => _content.Settings;

    internal IReadOnlyList<IndexEntry> Entries => _content.Entries;

    /// <summary>Opens an index file. It may be replaced by an update meanwhile; this keeps seeing what it opened.</summary>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is no index, or is damaged.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static SimilarImageIndex Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(MappedFile.Open(path, IndexFileFormat.Name));
    }

    /// <summary>
    /// Makes an index file of a folder's images, or brings one up to date: only new images go through the network. An image counts
    /// as known if its path, length and time of writing are those of the index, or else if its content is. The file is replaced
    /// whole or not at all, and only if something changed.
    /// </summary>
    /// <param name="path">The index file.</param>
    /// <param name="folder">Images, at any depth.</param>
    /// <param name="options">Which features; where the file holds others, it is made anew.</param>
    /// <param name="progress">Told how far the work is.</param>
    /// <param name="cancellationToken">Ends the work between two images or batches; the file stays as it was.</param>
    /// <exception cref="InvalidImageFolderException">There is no such folder, or no image in it that can be read.</exception>
    /// <exception cref="InvalidModelFileException">There is a file, and it is no index.</exception>
    /// <exception cref="FeatureLayerNotFoundException">The backbone has no such layer; the message says what to use instead.</exception>
    /// <exception cref="ArgumentException">An option is out of its range or doesn't fit the backbone.</exception>
    /// <exception cref="IOException">The file can't be read or written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read or written.</exception>
    public static SimilarImageIndexUpdate Update(
        string path, string folder, SimilarImageIndexOptions? options = null, IProgress<SimilarImageProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new SimilarImageIndexOptions();
        OptionRange.Check(options);
        options.FeatureCache?.Validate();
        using IBackbone? embedded = options.Backbone is null ? VggBackbone.OpenEmbedded() : null;
        return new IndexUpdater(path, folder, options with { Backbone = options.Backbone ?? embedded }, progress, cancellationToken).Run();
    }

    /// <summary>An extractor whose features can be looked up in this index.</summary>
    /// <param name="backbone">The network that the index was made with; null for the embedded VGG16 convolutions.</param>
    /// <exception cref="ArgumentException">It is another network.</exception>
    public FeatureExtractor CreateExtractor(IBackbone? backbone = null)
    {
        using IBackbone? embedded = backbone is null ? VggBackbone.OpenEmbedded() : null;
        IBackbone network = backbone ?? embedded!;
        var options = new SimilarImageIndexOptions { Layer = Layer, InputSize = InputSize, Orientation = Settings.Orientation };
        return (IndexSettings.Of(network, options) with { Scale = Settings.Scale }).DifferenceFrom(Settings) is { } difference
            ? throw new ArgumentException($"The index '{_file.Path}' can't be asked with this network: {difference}.", nameof(backbone))
            : new FeatureExtractor(network, new FeatureExtractorOptions { Layer = Layer, InputSize = InputSize, Decoding = Settings.Decoding });
    }

    /// <summary>The pictures most like one.</summary>
    /// <param name="features">The picture's features, from <see cref="CreateExtractor"/>.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>The most similar first; of equal ones in the order of their paths.</returns>
    /// <exception cref="ArgumentException">The features have another length.</exception>
    public IReadOnlyList<SimilarImage> Find(ReadOnlySpan<float> features, int count, CancellationToken cancellationToken = default) =>
        FindAll([features.ToArray()], count, cancellationToken: cancellationToken)[0];

    /// <summary>The pictures most like each of many; quicker than one after another.</summary>
    /// <param name="features">The pictures' features, from <see cref="CreateExtractor"/>.</param>
    /// <param name="count">How many for each, at least 1.</param>
    /// <param name="threads">Threads, 1 to 1024; null for one a processor.</param>
    /// <param name="cancellationToken">Ends the search.</param>
    /// <returns>For each the most similar first; of equal ones in the order of their paths.</returns>
    /// <exception cref="ArgumentException">Features have another length.</exception>
    public IReadOnlyList<IReadOnlyList<SimilarImage>> FindAll(IReadOnlyList<float[]> features, int count, int? threads = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(features);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        int used = threads ?? ThreadCount.Default;
        ArgumentOutOfRangeException.ThrowIfLessThan(used, 1, nameof(threads));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(used, ThreadCount.Maximum, nameof(threads));
        if (features.FirstOrDefault(vector => vector.Length != Dimension) is { } odd)
        {
            throw new ArgumentException($"Features have {odd.Length} numbers, and those of the index have {Dimension}.", nameof(features));
        }

        var found = new List<IReadOnlyList<SimilarImage>>(features.Count);
        foreach (float[][] batch in features.Chunk(LargestBatch))
        {
            found.AddRange(_vectors.Find([.. batch.Select(Normalize)], Math.Min(count, Math.Max(Count, 1)), used, cancellationToken)
                .Select(rows => (IReadOnlyList<SimilarImage>)[.. rows.Select(row => new SimilarImage(_content.Entries[row.Row].Path, Math.Clamp(row.Product, -1.0, 1.0)))]));
        }

        return found;
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <exception cref="InvalidModelFileException">The file is no index, or is damaged.</exception>
    internal static SimilarImageIndex Open(MappedFile file)
    {
        try
        {
            return new SimilarImageIndex(file, IndexFileReader.Read(file));
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>A vector in the direction of another, of length 1; zeros stay zeros.</summary>
    internal static float[] Normalize(float[] features)
    {
        float norm = TensorPrimitives.Norm<float>(features);
        float[] normalized = new float[features.Length];
        TensorPrimitives.Divide(features, norm == 0 ? 1 : norm, normalized);
        return normalized;
    }

    internal ReadOnlyMemory<Half> Vector(int row) => _vectors.Vector(row);
}
