using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using VggTransfer.Architectures;

namespace VggTransfer.Models;

/// <summary>
/// The values of <see cref="ModelMetadata"/>: their JSON and their bounds. A value that isn't as it must be is a
/// <see cref="FormatException"/>, whose message continues the sentence "the file isn't usable: ...".
/// </summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    UseStringEnumConverter = true,
    MaxDepth = 4)]
[JsonSerializable(typeof(ArchitectureJson))]
[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(Dictionary<string, float[]>))]
internal sealed partial class ModelMetadataJson : JsonSerializerContext
{
    private const int MaximumValueLength = 64_000_000;
    private const int MaximumArchitectureLength = 4_000;
    private const int MaximumTextLength = 10_000;
    private const int MaximumLabelLength = 1_000;
    private const int MaximumRanges = 1_000;

    // Lazy, because the order in which the halves of a partial class are initialised isn't defined.
    private static readonly Lazy<ModelMetadataJson> s_readable = new(CreateReadable);

    /// <summary>Writes characters of all languages as they are; nothing of this ends up in HTML.</summary>
    public static ModelMetadataJson Readable => s_readable.Value;

    /// <summary>Refuses other versions than the one that is known.</summary>
    public static void CheckVersion(string? text, int known)
    {
        if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int version) || version < 1)
        {
            throw new FormatException("its metadata names no valid format version");
        }

        if (version != known)
        {
            throw new FormatException($"its metadata is of version {version}, and this release reads version {known}; update VggTransfer");
        }
    }

    /// <summary>An architecture all of whose options are in their ranges.</summary>
    public static VggArchitecture ParseArchitecture(string key, string? text)
    {
        if (text is null)
        {
            throw new FormatException($"its metadata lacks '{key}'");
        }

        VggArchitecture architecture = Deserialize(key, text, MaximumArchitectureLength, Readable.ArchitectureJson).ToArchitecture();
        try
        {
            // Building the layers validates the options.
            _ = architecture.Layers;
        }
        catch (ArgumentOutOfRangeException exception)
        {
            throw new FormatException($"its metadata has an impossible '{key}': {MessageText.SentenceOf(exception)}", exception);
        }

        return architecture;
    }

    /// <summary>A family by its name; null for no value.</summary>
    public static PreprocessingFamily? ParsePreprocessing(string key, string? text)
    {
        if (text is null)
        {
            return null;
        }

        foreach (PreprocessingFamily family in Enum.GetValues<PreprocessingFamily>())
        {
            if (family.ToString() == text)
            {
                return family;
            }
        }

        throw new FormatException($"its metadata has '{MessageText.Shorten(text)}' as '{key}', which is none of {string.Join(", ", Enum.GetNames<PreprocessingFamily>())}");
    }

    /// <summary>One label for each class; null for no value.</summary>
    public static IReadOnlyList<string>? ParseLabels(string key, string? text, VggArchitecture architecture)
    {
        if (text is null)
        {
            return null;
        }

        string?[] labels = Deserialize(key, text, MaximumValueLength, Readable.StringArray);
        if (!architecture.IncludeTop || labels.Length != architecture.Classes)
        {
            throw new FormatException($"its metadata has {labels.Length:N0} labels, and the network has {(architecture.IncludeTop ? architecture.Classes : 0):N0} classes");
        }

        return Array.TrueForAll(labels, label => label is not null && label.Length <= MaximumLabelLength)
            ? labels.OfType<string>().ToArray()
            : throw new FormatException($"its metadata has a label that is null or longer than {MaximumLabelLength:N0} characters");
    }

    /// <summary>Finite ranges; null for no value.</summary>
    public static IReadOnlyDictionary<string, ActivationRange>? ParseRanges(string key, string? text)
    {
        if (text is null)
        {
            return null;
        }

        Dictionary<string, float[]?> values = Deserialize(key, text, MaximumValueLength, Readable.DictionaryStringSingleArray)!;
        if (values.Count > MaximumRanges)
        {
            throw new FormatException($"its metadata has {values.Count:N0} activation ranges, above the limit of {MaximumRanges:N0}");
        }

        var ranges = new Dictionary<string, ActivationRange>(values.Count, StringComparer.Ordinal);
        foreach ((string layer, float[]? range) in values)
        {
            if (range is not { Length: 2 } || !float.IsFinite(range[0]) || !float.IsFinite(range[1]) || range[0] > range[1])
            {
                throw new FormatException($"its metadata has an activation range for '{MessageText.Shorten(layer)}' that isn't a minimum and a maximum");
            }

            ranges.Add(layer, new ActivationRange(range[0], range[1]));
        }

        return ranges;
    }

    /// <summary>A text of bounded length; null for no value.</summary>
    public static string? CheckText(string key, string? text) =>
        text is null || text.Length <= MaximumTextLength
        ? text
        : throw new FormatException($"its metadata has {text.Length:N0} characters as '{key}', above the limit of {MaximumTextLength:N0}");

    private static ModelMetadataJson CreateReadable() =>
        new(new JsonSerializerOptions(Default.Options) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static T Deserialize<T>(string key, string text, int maximumLength, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
    {
        if (text.Length > maximumLength)
        {
            throw new FormatException($"its metadata has {text.Length:N0} characters as '{key}', above the limit of {maximumLength:N0}");
        }

        try
        {
            return JsonSerializer.Deserialize(text, type) ?? throw new FormatException($"its metadata has null as '{key}'");
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new FormatException($"its metadata has a '{key}' that can't be understood", exception);
        }
    }
}
