using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using VggTransfer.Backbones;
using VggTransfer.Architectures;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Quantization;

namespace VggTransfer.Classification;

/// <summary>What a trained classifier is: the facts beside its weights in a model file.</summary>
public sealed record ClassifierDescription
{
    /// <summary>Version 1 knows no normalised layers; its files are read as ever.</summary>
    internal const int CurrentFormatVersion = 2;

    /// <summary>The version of the file format.</summary>
    public int FormatVersion { get; init; } = CurrentFormatVersion;

    /// <summary>The version of the library that trained it.</summary>
    public required string TrainedBy { get; init; }

    /// <summary>The names of the classes, in the order of the head's outputs.</summary>
    public required IReadOnlyList<string> Labels { get; init; }

    /// <summary>The backbone, such as <c>VGG16, convolutions only</c>.</summary>
    public required string Architecture { get; init; }

    /// <summary>Where the backbone's weights come from.</summary>
    public required ModelProvenance Backbone { get; init; }

    /// <summary>The preprocessing family of the backbone, whose normalisation is part of the graph; null if it has one of its own.</summary>
    public required PreprocessingFamily? Preprocessing { get; init; }

    /// <summary>What the head works on.</summary>
    [JsonConverter(typeof(FeatureLayerConverter))]
    public required FeatureLayer Layer { get; init; }

    /// <summary>Side of the network's input in pixels.</summary>
    public required int InputSize { get; init; }

    /// <summary>How a photo becomes a square.</summary>
    [JsonConverter(typeof(ResizeRecipeConverter))]
    public required ResizeRecipe Resize { get; init; }

    /// <summary>Whether photos are turned upright by their EXIF data.</summary>
    public required ImageOrientation Orientation { get; init; }

    /// <summary>How every part decodes the pictures that this classifier sees.</summary>
    [JsonIgnore]
    internal ImageDecodeOptions Decoding => new() { Orientation = Orientation, Scale = DecodeScale.Fast };

    /// <summary>How features were scaled for the head's fit; the scaling is part of its weights.</summary>
    public FeatureScaling Scaling { get; init; }

    /// <summary>Strength of the head's L2 penalty; scikit-learn's 1/C.</summary>
    public required double L2Regularization { get; init; }

    /// <summary>The seed of the split and of cross-validation.</summary>
    public required int Seed { get; init; }

    /// <summary>How many images the head was trained on.</summary>
    public required int TrainingImages { get; init; }

    /// <summary>How many images it was validated on.</summary>
    public required int ValidationImages { get; init; }

    /// <summary>The accuracy on the validation images, 0 to 1.</summary>
    public required double ValidationAccuracy { get; init; }

    /// <summary>Whether the head was fitted again on training and validation images together, after it had been judged by the latter.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool IsRefitted { get; init; }

    /// <summary>How the probabilities were calibrated; null where they are as the training left them.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CalibrationSummary? Calibration { get; init; }

    /// <summary>The arithmetic of the network, and why it was chosen.</summary>
    public PrecisionChoice Precision { get; init; } = PrecisionChoice.Usual;

    /// <summary>How the backbone was fine-tuned; null where it is as it was published.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public FineTuningDescription? FineTuning { get; init; }

    /// <summary>This library's version.</summary>
    internal static string ThisVersion { get; } =
        typeof(ClassifierDescription).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    /// <summary>What is impossible about a description that comes from a file; null if nothing is.</summary>
    internal string? FindFault() =>
        Labels.Count == 0 ? "it names no classes"
        : Labels.Any(label => label is null) ? "a class has no name"
        : Labels.Distinct(StringComparer.Ordinal).Count() != Labels.Count ? "two classes have the same name"
        : InputSize is < FeatureNetworkOptions.SmallestInput or > FeatureNetworkOptions.LargestInput ? $"the input size is {InputSize}"
        : Preprocessing is { } family && !Enum.IsDefined(family) ? $"the preprocessing is {Preprocessing}"
        : !Enum.IsDefined(Orientation) ? $"the orientation is {Orientation}"
        : !Enum.IsDefined(Scaling) ? $"the scaling is {Scaling}"
        : !Enum.IsDefined(Precision.Precision) ? $"the precision is {Precision.Precision}"
        : null;

    internal static JsonSerializerOptions JsonOptions { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        MaxDepth = 16,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
    };

    private sealed class FeatureLayerConverter : JsonConverter<FeatureLayer>
    {
        public override FeatureLayer Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => FeatureLayer.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, FeatureLayer value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }

    private sealed class ResizeRecipeConverter : JsonConverter<ResizeRecipe>
    {
        public override ResizeRecipe Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ResizeRecipe.Parse(reader.GetString() ?? "");

        public override void Write(Utf8JsonWriter writer, ResizeRecipe value, JsonSerializerOptions options) => writer.WriteStringValue(value.Id);
    }
}
