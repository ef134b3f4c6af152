using System.Text.Json;
using System.Text.RegularExpressions;

namespace VggTransfer.PretrainedModels;

/// <summary>
/// The published weights that can be fetched by name. <see cref="Default"/> is the list of <c>pretrained/catalog.json</c>,
/// which is built into the library; a company may keep a list of its own in the same form.
/// </summary>
public sealed partial class PretrainedCatalog
{
    private const int FormatVersion = 1;
    private const string ResourceName = "VggTransfer.catalog.json";

    private static readonly Lazy<PretrainedCatalog> s_default = new(ReadDefault);

    private readonly Dictionary<string, PretrainedEntry> _byName;

    /// <summary>Makes a catalog of entries.</summary>
    /// <param name="entries">The entries; names and files are each one's own, without regard to case.</param>
    /// <exception cref="ArgumentException">A name, file, address or checksum isn't one, or occurs twice.</exception>
    public PretrainedCatalog(IEnumerable<PretrainedEntry> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        Entries = [.. entries];
        _byName = new Dictionary<string, PretrainedEntry>(StringComparer.OrdinalIgnoreCase);
        var files = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (PretrainedEntry entry in Entries)
        {
            Check(entry);
            if (!_byName.TryAdd(entry.Name, entry) || !files.Add(entry.File))
            {
                throw new ArgumentException($"The catalog has '{entry.Name}' or its file '{entry.File}' twice.", nameof(entries));
            }
        }
    }

    /// <summary>The library's own list.</summary>
    public static PretrainedCatalog Default => s_default.Value;

    /// <summary>All entries, in the catalog's order.</summary>
    public IReadOnlyList<PretrainedEntry> Entries { get; }

    /// <summary>Reads a catalog in the form of <c>pretrained/catalog.json</c>.</summary>
    /// <param name="json">The file's text.</param>
    /// <exception cref="FormatException">It isn't a catalog; the message says why.</exception>
    public static PretrainedCatalog Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            CatalogFile? root = JsonSerializer.Deserialize(json, CatalogJson.Default.CatalogFile);
            if (root?.FormatVersion != FormatVersion)
            {
                throw new FormatException($"The catalog is of version {root?.FormatVersion}, and this release reads version {FormatVersion}.");
            }

            return new PretrainedCatalog(root.Entries.Select(entry => entry.ToEntry()));
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new FormatException($"The catalog can't be understood: {exception.Message}", exception);
        }
    }

    /// <summary>The entry of a name, without regard to case; null if there is none.</summary>
    /// <param name="name">Such as <c>vgg16-imagenet-keras</c>.</param>
    public PretrainedEntry? Find(string name) => _byName.GetValueOrDefault(name);

    [GeneratedRegex(@"^[a-z0-9][a-z0-9.\-]{0,99}\z", RegexOptions.CultureInvariant)]
    private static partial Regex NamePattern();

    // No separators, no leading dot, nothing that Windows forbids: the name becomes a path below the cache.
    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_.\-]{0,149}\z", RegexOptions.CultureInvariant)]
    private static partial Regex FilePattern();

    private static void Check(PretrainedEntry entry)
    {
        if (!NamePattern().IsMatch(entry.Name))
        {
            throw new ArgumentException($"'{entry.Name}' is no name for pretrained weights: lower case letters, digits, dots and hyphens, at most 100.");
        }

        if (!FilePattern().IsMatch(entry.File))
        {
            throw new ArgumentException($"'{entry.File}' of '{entry.Name}' is no name of a file: letters, digits, dots, hyphens and underscores, at most 150.");
        }

        if (DownloadAddress.Fault(entry.Address) is { } fault)
        {
            throw new ArgumentException($"The address of '{entry.Name}' {fault}.");
        }

        if (entry.Bytes is <= 0)
        {
            throw new ArgumentException($"'{entry.Name}' has {entry.Bytes} bytes, and at least 1 is expected.");
        }

        CheckDigits(entry, entry.Sha256, 64, 64);
        CheckDigits(entry, entry.Sha256Prefix, 8, 64);
        CheckDigits(entry, entry.Md5, 32, 32);
    }

    private static void CheckDigits(PretrainedEntry entry, string? digits, int least, int most)
    {
        if (digits is not null && (digits.Length < least || digits.Length > most || digits.Any(digit => !char.IsAsciiHexDigitLower(digit))))
        {
            throw new ArgumentException($"'{digits}' of '{entry.Name}' isn't a checksum of {least}{(most > least ? $" to {most}" : "")} hexadecimal digits in lower case.");
        }
    }

    private static PretrainedCatalog ReadDefault()
    {
        using Stream stream = typeof(PretrainedCatalog).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The library was built without its resource '{ResourceName}'.");
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }
}
