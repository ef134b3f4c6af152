namespace VggTransfer.Keras.Data;

/// <summary>Batches of images of a folder, and what Keras keeps beside them.</summary>
public sealed class ImageDirectoryDataset : Dataset
{
    private readonly Dataset _batches;

    internal ImageDirectoryDataset(Dataset batches, ImageDirectoryIndex index, string directory)
    {
        _batches = batches;
        ClassNames = index.ClassNames;
        Labels = index.Labels;
        FilePaths = [.. index.Files.Select(file => Path.Combine(directory, file))];
    }

    /// <summary>The names of the classes in the order of their indices.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>The files, in the order before the shuffling of each pass.</summary>
    public IReadOnlyList<string> FilePaths { get; }

    /// <summary>The class index of each file.</summary>
    public IReadOnlyList<int> Labels { get; }

    /// <inheritdoc/>
    public override int? Cardinality => _batches.Cardinality;

    /// <inheritdoc/>
    public override IEnumerable<Batch> Read(int pass, int skip = 0, CancellationToken cancellationToken = default) => _batches.Read(pass, skip, cancellationToken);
}
