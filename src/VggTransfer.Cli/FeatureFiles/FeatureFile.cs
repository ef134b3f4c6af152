using VggTransfer.Files;

namespace VggTransfer.Cli;

/// <summary>A file of features in the format that its name asks for; it appears whole or not at all.</summary>
internal static class FeatureFile
{
    public static IReadOnlyList<string> Extensions { get; } = [".csv", ".npy", ".parquet"];

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file; its extension is one of <see cref="Extensions"/>.</param>
    /// <param name="dimension">Features in a row.</param>
    /// <param name="write">Adds the rows and returns their number.</param>
    /// <returns>The number of rows.</returns>
    public static int Write(string path, int dimension, Func<IFeatureWriter, int> write)
    {
        int rows = 0;
        void Fill(IFeatureWriter writer)
        {
            using (writer)
            {
                rows = write(writer);
                writer.Finish();
            }
        }

        switch (Path.GetExtension(path).ToUpperInvariant())
        {
            case ".CSV":
                AtomicFile.Write(path, stream => Fill(new CsvFeatureWriter(stream, dimension)));
                break;
            case ".NPY":
                // The array appears after the list of its rows, so that nobody sees it without.
                AtomicFile.Write(path, array => AtomicFile.Write(NpyFeatureWriter.RowsPath(path), list => Fill(new NpyFeatureWriter(array, list, dimension))));
                break;
            default:
                AtomicFile.Write(path, stream => Fill(new ParquetFeatureWriter(stream, dimension)));
                break;
        }

        return rows;
    }
}
