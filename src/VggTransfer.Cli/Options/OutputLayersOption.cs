using System.CommandLine;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Cli;

/// <summary>What a graph that is written gives.</summary>
internal static class OutputLayersOption
{
    public static Option<FeatureLayer[]?> Create() => new("--output-layers")
    {
        Description = "What an ONNX graph gives: layers divided by commas, such as fc7,logits [default: logits, or block5_pool:avg without dense layers]",
        HelpName = "LAYERS",
        CustomParser = result =>
        {
            try
            {
                return [.. result.Tokens[0].Value.Split(',').Select(VggFeatureLayers.Parse)];
            }
            catch (FormatException e)
            {
                result.AddError($"--output-layers: {e.Message}");
                return null;
            }
        },
    };

    /// <summary>Outputs that are called like their layers; null for the default.</summary>
    public static IReadOnlyList<OnnxOutput>? ToOutputs(FeatureLayer[]? layers) =>
        layers is { Length: > 0 } ? [.. layers.Select(layer => new OnnxOutput(layer.ToString(), layer))] : null;
}
