using System.IO.Compression;
using VggTransfer.Datasets;
using VggTransfer.Files;

namespace VggTransfer.Keras.Data;

/// <summary>A zip archive of pictures in folders named like their classes. Nothing is unpacked to the disk.</summary>
internal static class ImageArchive
{
    // Bounds for hostile files, far above what small pictures need.
    private const int MostEntries = 2_000_000;
    private const long LargestPicture = 16L << 20;
    private const long LargestTotal = 1L << 31;

    private static readonly string[] s_extensions = [".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp"];

    /// <summary>All pictures, in ordinal order of their names.</summary>
    /// <exception cref="InvalidImageFolderException">The archive is damaged, or holds something else.</exception>
    public static IReadOnlyList<EncodedImage> Read(string path, CancellationToken cancellationToken)
    {
        InvalidImageFolderException Fault(string reason) => new(path, reason);
        try
        {
            using ZipArchive archive = ZipFile.OpenRead(path);
            if (archive.Entries.Count > MostEntries)
            {
                throw Fault($"it has {archive.Entries.Count:N0} entries, and at most {MostEntries:N0} are read");
            }

            if (archive.Entries.FirstOrDefault(entry => ZipEntryContent.IsOutside(entry.FullName)) is { } outside)
            {
                throw Fault($"its entry {outside.FullName} would lie outside the archive; don't trust this file");
            }

            var images = new List<EncodedImage>();
            long total = 0;
            foreach (ZipArchiveEntry entry in archive.Entries.Where(IsPicture).OrderBy(entry => entry.FullName, StringComparer.Ordinal))
            {
                cancellationToken.ThrowIfCancellationRequested();
                byte[] content = ZipEntryContent.Read(entry, LargestPicture, Fault);
                total += content.Length;
                if (total > LargestTotal)
                {
                    throw Fault($"its pictures have more than {LargestTotal:N0} bytes; unpack it and read the folder");
                }

                images.Add(new EncodedImage($"{path}/{entry.FullName}", entry.FullName.Split('/')[^2], () => content));
            }

            return images.Count > 0 ? images : throw Fault("it holds no pictures in folders named like their classes");
        }
        catch (InvalidDataException e)
        {
            throw new InvalidImageFolderException(path, "it is no zip archive, or is damaged or cut short; copy it again", e);
        }
    }

    private static bool IsPicture(ZipArchiveEntry entry) =>
        entry.FullName.Contains('/', StringComparison.Ordinal) && s_extensions.Contains(Path.GetExtension(entry.Name), StringComparer.OrdinalIgnoreCase);
}
