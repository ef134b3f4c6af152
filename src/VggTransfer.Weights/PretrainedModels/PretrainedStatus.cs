namespace VggTransfer.PretrainedModels;

/// <summary>An entry of the catalog and what of it is here.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="ReadyPath">The converted file; null if it has to be made first.</param>
/// <param name="SourcePath">The published file; null if it isn't in the cache.</param>
public sealed record PretrainedStatus(PretrainedEntry Entry, string? ReadyPath, string? SourcePath);

/// <summary>What came out of verifying an entry.</summary>
public enum PretrainedVerdict
{
    /// <summary>Nothing of it is in the cache.</summary>
    Missing,

    /// <summary>What is here is what was published.</summary>
    Sound,

    /// <summary>Undamaged since it was fetched, but nobody published a checksum to compare it with.</summary>
    Unpublished,

    /// <summary>A file is damaged or another one.</summary>
    Damaged,
}

/// <summary>The outcome of verifying an entry.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Verdict">What came out.</param>
/// <param name="Message">The same as a sentence that names the files.</param>
/// <param name="Sha256">The published file's sha256 as found, or as recorded if only the converted file was kept; null if missing.</param>
public sealed record PretrainedVerification(PretrainedEntry Entry, PretrainedVerdict Verdict, string Message, string? Sha256);
