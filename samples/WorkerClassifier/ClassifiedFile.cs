/// <summary>A line of the output: a file as it was, and what was seen in it.</summary>
/// <param name="File">The path within the watched folder, with forward slashes.</param>
/// <param name="Modified">When the file was last written, in UTC; with the path it tells what is done already.</param>
/// <param name="Label">The class; empty where the picture is none of the classes, or the file couldn't be read.</param>
/// <param name="Probability">Of that class, or of the nearest one, 0 to 1.</param>
/// <param name="Error">Why it couldn't be read; otherwise empty.</param>
internal sealed record ClassifiedFile(string File, DateTime Modified, string Label, double Probability, string Error);
