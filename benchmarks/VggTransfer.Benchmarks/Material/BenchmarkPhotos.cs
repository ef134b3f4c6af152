using VggTransfer.Datasets;

namespace VggTransfer.Benchmarks.Material;

/// <summary>The photos that everything is measured on.</summary>
/// <param name="Paths">The files.</param>
/// <param name="AreDrawn">Whether this program drew them itself.</param>
internal sealed record BenchmarkPhotos(IReadOnlyList<string> Paths, bool AreDrawn)
{
    /// <param name="folder">A folder of photos, subfolders included; null to draw some.</param>
    /// <param name="count">How many at most; of a folder with more, a sample spread evenly over it.</param>
    /// <param name="workFolder">Where drawn ones go.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="ArgumentException">There is no photo in it.</exception>
    public static BenchmarkPhotos Find(DirectoryInfo? folder, int count, string workFolder)
    {
        if (folder is null)
        {
            return new BenchmarkPhotos(DrawnPhotos.Draw(Path.Combine(workFolder, "photos"), count), AreDrawn: true);
        }

        IReadOnlyList<string> all = ImageFolder.ListImages(folder.FullName);
        return all.Count == 0
            ? throw new ArgumentException($"There is no photo in '{folder.FullName}'.", nameof(folder))
            : new BenchmarkPhotos([.. Enumerable.Range(0, Math.Min(all.Count, count)).Select(i => all[(int)((long)i * all.Count / Math.Min(all.Count, count))])], AreDrawn: false);
    }
}
