namespace VggTransfer.Weights.Formats;

/// <summary>Tells what a file is that was taken for weights by mistake.</summary>
internal static class ForeignContent
{
    /// <summary>How much of the file's beginning tells.</summary>
    public const int HeadLength = 512;

    /// <summary>What is said of a Git LFS pointer, as the rest of a sentence without a full stop.</summary>
    public const string GitLfsPointer = "it is a Git LFS pointer, which stands for the file; run 'git lfs pull' to get the file itself";

    private const int TarMagicPosition = 257;

    /// <summary>Whether it is the text that Git LFS leaves in a file's place.</summary>
    /// <param name="head">The file's beginning.</param>
    public static bool IsGitLfsPointer(ReadOnlySpan<byte> head) => head.StartsWith("version https://git-lfs"u8);

    /// <summary>Whether it is a web page or the like, as a failed download leaves.</summary>
    /// <param name="head">The file's beginning.</param>
    public static bool IsMarkup(ReadOnlySpan<byte> head) => head.TrimStart(" \t\r\n"u8).StartsWith("<"u8);

    /// <summary>What it is and what to do, as the rest of a sentence without a full stop.</summary>
    /// <param name="head">The file's beginning.</param>
    public static string Describe(ReadOnlySpan<byte> head)
    {
        if (IsGitLfsPointer(head))
        {
            return GitLfsPointer;
        }

        if (head.Length >= TarMagicPosition + 5 && head[TarMagicPosition..].StartsWith("ustar"u8))
        {
            return "it is a tar archive (torch wrote such files before version 0.2); unpack it, or load it with torch and save it again with torch.save(model.state_dict(), 'weights.pth')";
        }

        if (head.StartsWith((ReadOnlySpan<byte>)[0x1f, 0x8b]) || head.StartsWith("BZh"u8) || head.StartsWith((ReadOnlySpan<byte>)[0xfd, (byte)'7', (byte)'z']))
        {
            return "it is compressed as a whole; unpack it first";
        }

        if (head.StartsWith("PK"u8))
        {
            return "it is a zip archive, but not of weights; a model file that a training saved is a whole classifier, and its network can't be taken as weights";
        }

        return IsMarkup(head)
            ? "it is a web page or other markup, so probably the download failed; get the file again"
            : "its beginning is that of no weight file";
    }
}
