namespace VggTransfer.PretrainedModels;

/// <summary>What is being done to get a file ready.</summary>
public enum PretrainedStage
{
    /// <summary>Another process or task fetches the same file; this one waits for it.</summary>
    Waiting,

    /// <summary>Bytes arrive.</summary>
    Downloading,

    /// <summary>The connection failed; the next attempt follows after a pause.</summary>
    Retrying,

    /// <summary>The file is compared with its published checksum.</summary>
    Verifying,

    /// <summary>The file is rewritten in the form that loads fast.</summary>
    Converting,

    /// <summary>The file is ready.</summary>
    Ready,
}

/// <summary>How far a file is.</summary>
/// <param name="Name">The catalog's name.</param>
/// <param name="Stage">What is being done.</param>
/// <param name="Bytes">Bytes done in this stage, those of an earlier, interrupted download included; 0 where a stage doesn't count.</param>
/// <param name="TotalBytes">Bytes in all; null where nobody said.</param>
/// <param name="BytesPerSecond">The rate of the last seconds; null outside <see cref="PretrainedStage.Downloading"/> and before anything was measured.</param>
/// <param name="Remaining">Time left at that rate; null where it can't be told.</param>
/// <param name="Message">Why there is a pause, as a sentence; null outside <see cref="PretrainedStage.Retrying"/>.</param>
public sealed record PretrainedProgress(
    string Name,
    PretrainedStage Stage,
    long Bytes = 0,
    long? TotalBytes = null,
    double? BytesPerSecond = null,
    TimeSpan? Remaining = null,
    string? Message = null);
