namespace VggTransfer.Cli;

/// <summary>Where the pictures are that a screen can't show.</summary>
internal static class ReportLine
{
    /// <param name="page">The report's path; null where none was asked for.</param>
    public static void Write(string? page)
    {
        if (page is not null)
        {
            Console.Out.WriteLine($"All of it, with pictures, is in {PrintableText.Of(page)}.");
        }
    }
}
