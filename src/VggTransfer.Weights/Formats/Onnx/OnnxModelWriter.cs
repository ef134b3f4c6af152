using VggTransfer.Files;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Writes a <see cref="VggModel"/> as an ONNX file (operator set 13) with a free batch size.</summary>
internal static class OnnxModelWriter
{
    /// <summary>Writes the file in one piece: a temporary file beside it is renamed only when whole.</summary>
    /// <exception cref="ArgumentException">The options don't fit the model: unknown layer, unknown preprocessing family, another input size than the dense layers'.</exception>
    /// <exception cref="NotSupportedException">The file would pass the format's limit of 2 GiB.</exception>
    /// <exception cref="IOException">The file can't be written.</exception>
    public static void Write(VggModel model, string path, OnnxExportOptions? options = null)
    {
        options ??= new OnnxExportOptions();
        OnnxGraph graph = VggOnnxGraph.Build(model, options);
        AtomicFile.Write(path, stream => graph.WriteTo(stream, model.Architecture.DisplayName, Metadata(model, options)));
    }

    /// <summary>Writes the file's bytes to a stream.</summary>
    /// <inheritdoc cref="Write(VggModel, string, OnnxExportOptions?)"/>
    public static void Write(VggModel model, Stream stream, OnnxExportOptions? options = null)
    {
        options ??= new OnnxExportOptions();
        VggOnnxGraph.Build(model, options).WriteTo(stream, model.Architecture.DisplayName, Metadata(model, options));
    }

    /// <summary>Writes the graph and, beside it, a file of weights for ONNX Runtime to map. Not atomic: for files that are used at once and deleted.</summary>
    internal static void Write(VggModel model, string graphPath, string weightsPath, OnnxExportOptions options)
    {
        using FileStream graph = File.Create(graphPath);
        using FileStream weights = File.Create(weightsPath);
        VggOnnxGraph.Build(model, options).WriteTo(graph, weights, Path.GetFileName(weightsPath), model.Architecture.DisplayName, Metadata(model, options));
    }

    private static IReadOnlyDictionary<string, string> Metadata(VggModel model, OnnxExportOptions options)
    {
        IReadOnlyDictionary<string, string> facts = ModelMetadata.Of(model).ToDictionary();
        return options.Input == OnnxInput.Pixels ? new Dictionary<string, string>(facts) { [FirstLayerText.Key] = FirstLayerText.Write(model) } : facts;
    }
}
