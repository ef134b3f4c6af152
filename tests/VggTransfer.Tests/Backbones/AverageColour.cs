using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Tests.Backbones;

/// <summary>Another network in one class: its only layer gives the mean of red, green and blue.</summary>
internal sealed class AverageColour(float scale) : IBackbone
{
    public static readonly FeatureLayer Layer = new([new FeatureSource("colour")]);

    public string DisplayName => "Average colour";

    public ModelProvenance Provenance { get; } = new();

    public int InputSize => 32;

    public bool TakesAnySize => true;

    public FeatureLayer DefaultLayer => Layer;

    /// <summary>How often the network was loaded.</summary>
    public int Opened { get; private set; }

    public int Dimension(FeatureLayer layer, int? inputSize = null) =>
        layer.Equals(Layer) ? 3 : throw new FeatureLayerNotFoundException($"{layer}", $"{DisplayName} has no layer '{layer}'; use {Layer}.");

    public void Check(FeatureNetworkOptions options) => Dimension(options.Layer ?? Layer);

    public string Identify(FeatureNetworkOptions options) => $"average colour times {scale}\n";

    public byte[] HashWeights(int threads) => BitConverter.GetBytes(scale);

    public IFeatureNetwork Open(FeatureNetworkOptions options)
    {
        Check(options);
        Opened++;
        return new Network(options.InputSize ?? InputSize, scale);
    }

    public void WriteOnnx(string path, OnnxExportOptions options)
    {
        (int size, OnnxOutput output) = (options.InputSize ?? InputSize, options.Outputs!.Single());
        var graph = new OnnxGraph();
        graph.AddInput(options.InputName ?? "pixels", OnnxElementType.UInt8, null, size, size, 3);
        string floats = graph.AddNode("Cast", "floats", [options.InputName ?? "pixels"], OnnxProto.Attribute("to", (long)OnnxElementType.Float));
        string mean = graph.AddNode("ReduceMean", "mean", [floats], OnnxProto.Attribute("axes", 1, 2), OnnxProto.Attribute("keepdims", 0));
        graph.AddNode("Mul", output.Name, [mean, graph.AddInitializer("scale", [1], [scale])]);
        graph.AddOutput(output.Name, OnnxElementType.Float, null, Dimension(output.Layer));
        using FileStream file = File.Create(path);
        graph.WriteTo(file, DisplayName, new Dictionary<string, string>());
    }

    public void Dispose()
    {
    }

    private sealed class Network(int inputSize, float scale) : IFeatureNetwork
    {
        public int Dimension => 3;

        public int InputSize => inputSize;

        public void Run(Memory<byte> pixels, int count, Memory<float> features, CancellationToken cancellationToken = default)
        {
            features.Span.Clear();
            for (int i = 0; i < pixels.Length; i++)
            {
                features.Span[(i / (inputSize * inputSize * 3) * 3) + (i % 3)] += scale * pixels.Span[i] / (inputSize * inputSize);
            }
        }

        public void Dispose()
        {
        }
    }
}
