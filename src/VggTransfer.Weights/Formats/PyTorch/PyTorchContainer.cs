using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>What both layouts of torch's files have: a pickled object, and beside it the numbers of its tensors.</summary>
internal abstract class PyTorchContainer(MappedFile file)
{
    /// <summary>The pickled object; see <see cref="PickleMachine"/> for what it may be.</summary>
    public abstract object? Root { get; }

    /// <summary>The file.</summary>
    public MappedFile File { get; } = file;

    /// <summary>Bounds what has to be held in memory besides the mapped file.</summary>
    public MemoryBudget Budget { get; } = new(file);

    /// <summary>The facts that this library adds to the files that it writes; null in files of other origin.</summary>
    public virtual ModelMetadata? Metadata => null;

    /// <summary>Part of a storage's bytes, in place where the file allows.</summary>
    /// <param name="storage">The storage.</param>
    /// <param name="position">Where the part begins in it.</param>
    /// <param name="length">The part's bytes; it lies within what the pickle claims for the storage.</param>
    /// <exception cref="InvalidModelFileException">The file lacks the storage, or has it in another length.</exception>
    public abstract ReadOnlyMemory<byte> Bytes(PyTorchStorage storage, long position, int length);

    /// <summary>Opens either layout by its first bytes.</summary>
    /// <exception cref="InvalidModelFileException">It is neither, or damaged.</exception>
    public static PyTorchContainer Open(MappedFile file)
    {
        ReadOnlySpan<byte> head = file.Slice(0, (int)Math.Min(file.Length, ForeignContent.HeadLength)).Span;
        if (head.StartsWith("PK"u8))
        {
            return new PyTorchArchive(file);
        }

        return head[0] == (byte)PickleOpcode.Proto
            ? new LegacyPyTorchFile(file)
            : throw new InvalidModelFileException(file.Path, PyTorchModelReader.FormatName, ForeignContent.Describe(head), 0);
    }
}
