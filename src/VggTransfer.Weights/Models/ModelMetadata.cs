using System.Globalization;
using System.Text.Json;
using VggTransfer.Architectures;

namespace VggTransfer.Models;

/// <summary>
/// What travels with a model's weights, as strings by key: safetensors' <c>__metadata__</c> and ONNX's
/// <c>metadata_props</c> hold the same map. The keys begin with <c>vggtransfer.</c>; plain facts are plain text, the
/// architecture, labels and activation ranges are JSON.
/// </summary>
/// <remarks>
/// Bounds, for reading and writing: at most 1,000,000 labels of 1,000 characters, one for each class; at most 1,000 ranges,
/// finite and minimum not above maximum; 10,000 characters for each text of the provenance; 64 million for any value.
/// </remarks>
internal sealed record ModelMetadata
{
    /// <summary>The version of the map that this library writes, and the only one it reads.</summary>
    public const int FormatVersion = 1;

    private const string Prefix = "vggtransfer.";
    private const string VersionKey = Prefix + "format_version";
    private const string ArchitectureKey = Prefix + "architecture";
    private const string PreprocessingKey = Prefix + "preprocessing";
    private const string LabelsKey = Prefix + "labels";
    private const string RangesKey = Prefix + "activation_ranges";

    /// <summary>What the network looks like.</summary>
    public required VggArchitecture Architecture { get; init; }

    /// <summary>How pixels must be normalised; null if unknown.</summary>
    public PreprocessingFamily? Preprocessing { get; init; }

    /// <summary>The names of the classes in the order of the logits; null if unknown.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Where the weights come from.</summary>
    public ModelProvenance Provenance { get; init; } = new();

    /// <summary>Ranges of layers' outputs by Keras's layer names; null if never measured.</summary>
    public IReadOnlyDictionary<string, ActivationRange>? ActivationRanges { get; init; }

    /// <summary>The facts of a model.</summary>
    /// <param name="model">The model.</param>
    public static ModelMetadata Of(VggModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new ModelMetadata
        {
            Architecture = model.Architecture,
            Preprocessing = model.Preprocessing,
            Labels = model.Labels,
            Provenance = model.Provenance,
            ActivationRanges = model.ActivationRanges,
        };
    }

    /// <summary>Whether a map was written by this library (of whatever version).</summary>
    /// <param name="values">The file's map.</param>
    public static bool IsPresent(IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        return values.ContainsKey(VersionKey);
    }

    /// <summary>Reads a map. Keys that don't begin with <c>vggtransfer.</c> are left alone.</summary>
    /// <param name="values">The file's map.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="format">The file's format, for messages.</param>
    /// <exception cref="InvalidModelFileException">A value is missing, malformed or out of bounds, or the version is unknown.</exception>
    public static ModelMetadata Parse(IReadOnlyDictionary<string, string> values, string path, string format)
    {
        ArgumentNullException.ThrowIfNull(values);
        try
        {
            return Parse(values);
        }
        catch (FormatException exception)
        {
            throw new InvalidModelFileException(path, format, exception.Message, innerException: exception);
        }
    }

    /// <summary>Writes the map; unknown facts have no key.</summary>
    /// <exception cref="ArgumentException">A fact is out of bounds, so that no reader would take it.</exception>
    public IReadOnlyDictionary<string, string> ToDictionary()
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            [VersionKey] = FormatVersion.ToString(CultureInfo.InvariantCulture),
            [ArchitectureKey] = JsonSerializer.Serialize(ArchitectureJson.Of(Architecture), ModelMetadataJson.Readable.ArchitectureJson),
        };
        if (Preprocessing is { } family)
        {
            values[PreprocessingKey] = family.ToString();
        }

        if (Labels is not null)
        {
            values[LabelsKey] = JsonSerializer.Serialize([.. Labels], ModelMetadataJson.Readable.StringArray);
        }

        if (ActivationRanges is not null)
        {
            values[RangesKey] = JsonSerializer.Serialize(
                ActivationRanges.OrderBy(pair => pair.Key, StringComparer.Ordinal).ToDictionary(pair => pair.Key, pair => new[] { pair.Value.Minimum, pair.Value.Maximum }, StringComparer.Ordinal),
                ModelMetadataJson.Readable.DictionaryStringSingleArray);
        }

        foreach ((string key, string? text) in ProvenanceTexts(Provenance))
        {
            if (text is not null)
            {
                values[key] = text;
            }
        }

        try
        {
            Parse(values);
        }
        catch (FormatException exception)
        {
            throw new ArgumentException($"The model can't be saved: {exception.Message}.", exception);
        }

        return values;
    }

    /// <summary>Puts the facts and the tensors of a file together.</summary>
    /// <param name="tensors">Exactly the architecture's tensors.</param>
    /// <param name="owner">What the model disposes; null if nothing.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="format">The file's format, for messages.</param>
    /// <exception cref="InvalidModelFileException">The tensors aren't those of the architecture.</exception>
    public VggModel CreateModel(IEnumerable<ModelTensor> tensors, IDisposable? owner, string path, string format)
    {
        try
        {
            return new VggModel(Architecture, tensors, owner)
            {
                Preprocessing = Preprocessing,
                Labels = Labels,
                Provenance = Provenance,
                ActivationRanges = ActivationRanges,
            };
        }
        catch (ArgumentException exception)
        {
            throw new InvalidModelFileException(path, format, $"its metadata and its tensors contradict each other: {MessageText.SentenceOf(exception)}", innerException: exception);
        }
    }

    private static ModelMetadata Parse(IReadOnlyDictionary<string, string> values)
    {
        ModelMetadataJson.CheckVersion(values.GetValueOrDefault(VersionKey), FormatVersion);
        string[] known = [VersionKey, ArchitectureKey, PreprocessingKey, LabelsKey, RangesKey, .. ProvenanceTexts(new ModelProvenance()).Select(pair => pair.Key)];
        if (values.Keys.FirstOrDefault(key => key.StartsWith(Prefix, StringComparison.Ordinal) && !known.Contains(key)) is { } unknown)
        {
            throw new FormatException($"its metadata has the key '{MessageText.Shorten(unknown)}', which version {FormatVersion} doesn't know");
        }

        VggArchitecture architecture = ModelMetadataJson.ParseArchitecture(ArchitectureKey, values.GetValueOrDefault(ArchitectureKey));
        return new ModelMetadata
        {
            Architecture = architecture,
            Preprocessing = ModelMetadataJson.ParsePreprocessing(PreprocessingKey, values.GetValueOrDefault(PreprocessingKey)),
            Labels = ModelMetadataJson.ParseLabels(LabelsKey, values.GetValueOrDefault(LabelsKey), architecture),
            Provenance = ParseProvenance(values),
            ActivationRanges = ModelMetadataJson.ParseRanges(RangesKey, values.GetValueOrDefault(RangesKey)),
        };
    }

    private static IEnumerable<(string Key, string? Text)> ProvenanceTexts(ModelProvenance provenance) =>
    [
        (Prefix + "name", provenance.Name),
        (Prefix + "authors", provenance.Authors),
        (Prefix + "source", provenance.Source),
        (Prefix + "licence", provenance.Licence),
        (Prefix + "trained_on", provenance.TrainedOn),
        (Prefix + "changes", provenance.Changes),
    ];

    private static ModelProvenance ParseProvenance(IReadOnlyDictionary<string, string> values)
    {
        string? Text(string key) => ModelMetadataJson.CheckText(Prefix + key, values.GetValueOrDefault(Prefix + key));
        return new ModelProvenance
        {
            Name = Text("name"),
            Authors = Text("authors"),
            Source = Text("source"),
            Licence = Text("licence"),
            TrainedOn = Text("trained_on"),
            Changes = Text("changes"),
        };
    }
}
