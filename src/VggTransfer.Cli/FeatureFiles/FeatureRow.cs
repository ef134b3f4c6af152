namespace VggTransfer.Cli;

/// <summary>The features of an image.</summary>
/// <param name="Path">Relative to the folder, with slashes.</param>
/// <param name="Label">The subfolder of the folder that the image lies in; empty if it lies in none.</param>
/// <param name="Values">The features.</param>
internal sealed record FeatureRow(string Path, string Label, float[] Values)
{
    public static FeatureRow Create(string folder, string path, float[] values)
    {
        string relative = System.IO.Path.GetRelativePath(folder, path);
        if (System.IO.Path.DirectorySeparatorChar != '/')
        {
            relative = relative.Replace(System.IO.Path.DirectorySeparatorChar, '/');
        }

        int end = relative.IndexOf('/', StringComparison.Ordinal);
        return new FeatureRow(relative, end < 0 ? "" : relative[..end], values);
    }
}
