
namespace VggTransfer.Files;

/// <summary>A member as the archive's list describes it; nothing of it has been checked yet.</summary>
internal sealed record ZipMember
{
    /// <summary>Compression methods, by APPNOTE 4.4.5.</summary>
    public const int Stored = 0;

    /// <inheritdoc cref="Stored"/>
    public const int Deflated = 8;

    /// <summary>Its name, with slashes; never used as a path.</summary>
    public required string Name { get; init; }

    public required bool IsEncrypted { get; init; }

    public required int Method { get; init; }

    /// <summary>The CRC-32 of its content.</summary>
    public required uint Checksum { get; init; }

    /// <summary>Bytes in the archive.</summary>
    public required long PackedLength { get; init; }

    /// <summary>Bytes of its content.</summary>
    public required long Length { get; init; }

    /// <summary>Where its own header begins in the file.</summary>
    public required long HeaderPosition { get; init; }

    public bool IsStored => Method == Stored;

    public string ShortName => MessageText.Shorten(Name);
}
