namespace VggTransfer.DataQuality;

/// <summary>Why an image is proposed to be moved away.</summary>
public enum ImageProblem
{
    /// <summary>The file can't be read.</summary>
    Unreadable,

    /// <summary>Another file has the same bytes or the same pixels.</summary>
    ExactDuplicate,

    /// <summary>Another file shows the same picture, recompressed, resized or mirrored.</summary>
    NearDuplicate,

    /// <summary>Its label is probably wrong.</summary>
    SuspectedLabel,

    /// <summary>It is far from all others.</summary>
    Outlier,

    /// <summary>It is tiny, very long, of one colour, or the like.</summary>
    Odd,
}

/// <summary>An image that is proposed to be moved away.</summary>
/// <param name="Image">The file.</param>
/// <param name="Problem">The first thing that is wrong with it, in the order of <see cref="ImageProblem"/>.</param>
/// <param name="Reason">What exactly, as a clause whose subject is the file.</param>
public sealed record ProposedMove(CheckedImage Image, ImageProblem Problem, string Reason);
