namespace VggTransfer.Images;

/// <summary>
/// What a format's parser found wrong. The parsers do not know the file's name; <see cref="ImageInspection"/> adds it.
/// </summary>
internal sealed class ImageFault(string reason, string advice) : Exception(reason)
{
    private const string ReplaceIt = "Replace it with an undamaged copy, or remove it.";

    public string Advice { get; } = advice;

    public static ImageFault Truncated(string detail) => new($"is truncated: {detail}", ReplaceIt);

    public static ImageFault Damaged(string detail) => new($"is damaged: {detail}", ReplaceIt);
}
