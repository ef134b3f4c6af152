using Microsoft.ML.OnnxRuntime;
using VggTransfer.Architectures;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Backbones;

/// <summary>The graph of a saved model, whatever network it is of.</summary>
/// <param name="Content">The whole graph.</param>
/// <param name="Source">The file that it lies in.</param>
/// <param name="Position">Where in the file it begins; null where it doesn't lie there as it is.</param>
internal sealed record SavedGraph(ReadOnlyMemory<byte> Content, ProtobufSource Source, long? Position)
{
    /// <summary>Loads the network, with what computes it fastest; the graph isn't needed afterwards.</summary>
    /// <param name="layer">What the features are.</param>
    /// <param name="options">Arithmetic, threads and input size.</param>
    /// <exception cref="InvalidModelFileException">The graph is one of a VGG, and damaged.</exception>
    /// <exception cref="FeatureLayerNotFoundException">The VGG has no such layer.</exception>
    /// <exception cref="NotSupportedException">The graph doesn't take images, or doesn't give features.</exception>
    /// <exception cref="OnnxRuntimeException">ONNX Runtime can't load the graph.</exception>
    public IFeatureNetwork Open(FeatureLayer layer, FeatureNetworkOptions options)
    {
        if (options.AlgorithmFor(options.InputSize!.Value) == ConvolutionAlgorithm.Winograd)
        {
            ProtobufSource source = Source with { IsExtracted = true };
            OnnxDocument document = OnnxDocumentReader.Read(Content, source);
            using var external = new OnnxExternalData(source);
            if (OwnOnnxGraph.IsOne(document))
            {
                return new WinogradNetwork(new OwnOnnxGraph(document, external).ToFolded(), layer, options.Threads);
            }
        }

        // The large weights stay where they lie.
        return Position is { } position
            ? OnnxNetwork.Load(OnnxWeightsInPlace.Refer(Content, Source, position), Path.GetDirectoryName(Path.GetFullPath(Source.Path))!, options.Threads)
            : OnnxNetwork.Load(Content.ToArray(), options.Threads);
    }
}
