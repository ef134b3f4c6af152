using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>The line that says which model runs where.</summary>
internal static class ModelLine
{
    public static string Of(ClassifierDescription description, ImageClassifierOptions options) =>
        $"Model of {description.Labels.Count} classes on {description.Backbone.Name ?? "an unnamed backbone"} ({description.Architecture}), {description.Layer.Describe()}, input size {description.InputSize}, {PrecisionOption.NameOf(description.Precision.Precision)}, CPU, {BackboneChoice.Threads(options.Threads)}{(options.MirrorAveraging ? ", averaged with mirror pictures" : "")}.";
}
