using System.IO.Compression;
using VggTransfer.Files;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Reads Keras 3's <c>.keras</c>: a zip archive of <c>config.json</c> and <c>model.weights.h5</c>.</summary>
internal static class KerasArchiveReader
{
    /// <summary>The member with the weights.</summary>
    public const string Weights = "model.weights.h5";

    /// <summary>The member with the layers.</summary>
    public const string Config = "config.json";

    private const string FormatName = "Keras archive";
    private const int MostMembers = 10_000;
    private const long LargestConfig = 64L << 20;

    // Keras stores its members as they are; weights hardly compress, so that more is a bomb.
    private const int LargestCompression = 20;
    private const long CompressedFloor = 16L << 20;

    /// <summary>Reads the network; its weights go through a temporary file, and are copies in the end.</summary>
    /// <inheritdoc cref="IWeightsFormat.Read"/>
    internal static WeightsContent Read(string path, WeightsReadOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            throw new InvalidModelFileException(path, FormatName, "it is a folder, not a file");
        }

        if (!File.Exists(path))
        {
            throw new FileNotFoundException($"There is no file '{path}'.", path);
        }

        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        try
        {
            using var archive = new ZipArchive(stream, ZipArchiveMode.Read);
            return Read(archive, path, stream.Length, options ?? new WeightsReadOptions());
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidModelFileException(path, FormatName, "its zip archive is damaged or cut off; fetch it again", innerException: exception);
        }
    }

    private static WeightsContent Read(ZipArchive archive, string path, long length, WeightsReadOptions options)
    {
        if (archive.Entries.Count > MostMembers)
        {
            throw Fault(path, $"it has {archive.Entries.Count:N0} members, and Keras writes a few");
        }

        // Nothing is ever unpacked under a member's own name; such an archive still wasn't made by Keras.
        if (archive.Entries.FirstOrDefault(entry => ZipEntryContent.IsOutside(entry.FullName)) is { } outside)
        {
            throw Fault(path, $"its member '{MessageText.Shorten(outside.FullName)}' would lie outside the archive, and Keras writes none such; don't trust this file");
        }

        ZipArchiveEntry weights = Member(archive, path, Weights);
        ZipArchiveEntry config = Member(archive, path, Config);
        IReadOnlyList<KerasOperation>? operations = KerasConfig.Parse(ReadConfig(config, path), path, FormatName);
        using var unpacked = new TemporaryFile(".h5");
        using (FileStream target = new(unpacked.Path, FileMode.CreateNew, FileAccess.Write, FileShare.None))
        {
            Unpack(weights, target, path, Math.Max(CompressedFloor, length * LargestCompression));
        }

        using var file = Hdf5File.Open(unpacked.Path, path);
        return KerasChain.Read(Keras3Layers.Read(file, operations), file, WeightsFormat.Keras, options);
    }

    private static ZipArchiveEntry Member(ZipArchive archive, string path, string name)
    {
        ZipArchiveEntry[] found = [.. archive.Entries.Where(entry => entry.FullName == name)];
        return found.Length == 1
            ? found[0]
            : throw Fault(path, found.Length == 0
                ? $"its zip archive has no member '{name}', so it isn't Keras's or is damaged"
                : $"its zip archive has the member '{name}' {found.Length} times");
    }

    private static ReadOnlyMemory<byte> ReadConfig(ZipArchiveEntry entry, string path)
    {
        using var buffer = new MemoryStream();
        Unpack(entry, buffer, path, LargestConfig);
        return buffer.GetBuffer().AsMemory(0, (int)buffer.Length);
    }

    /// <summary>Copies a member, and stops where it grows beyond a limit, whatever its header says.</summary>
    private static void Unpack(ZipArchiveEntry entry, Stream target, string path, long limit)
    {
        using Stream source = entry.Open();
        byte[] buffer = new byte[1 << 16];
        long total = 0;
        int read;
        while ((read = source.Read(buffer)) > 0)
        {
            total += read;
            if (total > limit)
            {
                throw Fault(path, $"its member '{entry.FullName}' unpacks to more than {limit:N0} bytes, far more than the archive can hold of weights; don't trust this file");
            }

            target.Write(buffer, 0, read);
        }
    }

    private static InvalidModelFileException Fault(string path, string reason) => new(path, FormatName, reason);
}
