using System.Numerics.Tensors;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Explanations;

/// <summary>Traces a head's gradient back from the features to the maps that they come from.</summary>
internal sealed class HeadGradient
{
    private readonly FeatureLayer _layer;
    private readonly DensePart? _dense;

    private HeadGradient(FeatureLayer layer, DensePart? dense)
    {
        _layer = layer;
        _dense = dense;
        Inspected = dense is null ? [.. layer.Sources.Select(source => source.LayerName).Distinct()] : [dense.Map, .. dense.Hidden.Select(hidden => hidden.Name)];
    }

    /// <summary>The layers whose outputs are needed.</summary>
    public IReadOnlyList<string> Inspected { get; }

    /// <param name="layer">What the head works on.</param>
    /// <param name="head">The head.</param>
    /// <param name="graph">The classifier's graph.</param>
    /// <param name="document">The same, taken apart.</param>
    /// <param name="path">The file, for messages.</param>
    /// <exception cref="NotSupportedException">The graph has dense layers in 8-bit integers.</exception>
    public static HeadGradient Create(FeatureLayer layer, LinearHead head, byte[] graph, OnnxDocument document, string path)
    {
        if (layer.Sources.All(source => source.LayerName.StartsWith("block", StringComparison.Ordinal)))
        {
            return new HeadGradient(layer, null);
        }

        if (document.Nodes.Any(node => node.Operator == "QLinearConv"))
        {
            throw new NotSupportedException($"'{path}' has dense layers in 8-bit integers, through which no heat map can be traced back; train it with --precision fp32.");
        }

        using WeightsContent content = OnnxModelReader.Parse(graph, path, ClassifierFile.LastStep(layer, head));
        VggArchitecture architecture = content.Model.Architecture;
        VggLayer last = FeatureLayer.Locate(layer.Sources[0], architecture);
        HiddenLayer[] hidden = [.. architecture.Layers.TakeWhile(other => other.Name != last.Name).Append(last)
            .Where(other => other.Kind == VggLayerKind.Dense)
            .Select(other => new HiddenLayer(other.Name, other.HasReLU, content.Model.Tensors[other.Tensors[0].Name].ToSingles()))];
        return new HeadGradient(layer, new DensePart(FeatureLayer.LastMap(architecture), hidden));
    }

    /// <summary>For each map how much each of its channels counts: the mean of the gradient over the map.</summary>
    /// <param name="gradient">Of the features.</param>
    /// <param name="maps">What the inspected layers gave.</param>
    public IEnumerable<(string Map, float[] Channels)> ChannelsOf(float[] gradient, IReadOnlyDictionary<string, ActivationMap> maps)
    {
        if (_dense is not null)
        {
            yield return (_dense.Map, MeanOf(_dense.Trace(gradient, maps), maps[_dense.Map]));
            yield break;
        }

        int start = 0;
        foreach (FeatureSource source in _layer.Sources)
        {
            ActivationMap map = maps[source.LayerName];

            // An average hands its gradient to all places in equal parts, a maximum to one: the mean over places, times
            // their number, is the same.
            int length = source.Pooling == FeaturePooling.Flatten ? map.Values.Length : map.Channels;
            float[] part = gradient.AsSpan(start, length).ToArray();
            yield return (source.LayerName, source.Pooling == FeaturePooling.Flatten ? MeanOf(part, map) : part);
            start += length;
        }
    }

    /// <summary>Times the number of places, as for the pooled maps.</summary>
    private static float[] MeanOf(float[] gradient, ActivationMap map)
    {
        int places = map.Height * map.Width;
        float[] channels = new float[map.Channels];
        for (int channel = 0; channel < channels.Length; channel++)
        {
            channels[channel] = TensorPrimitives.Sum<float>(gradient.AsSpan(channel * places, places));
        }

        return channels;
    }

    /// <param name="Map">The map in front of the dense layers.</param>
    /// <param name="Hidden">The dense layers up to the features.</param>
    private sealed record DensePart(string Map, IReadOnlyList<HiddenLayer> Hidden)
    {
        public float[] Trace(float[] gradient, IReadOnlyDictionary<string, ActivationMap> maps)
        {
            foreach (HiddenLayer layer in Hidden.Reverse())
            {
                float[] output = maps[layer.Name].Values;
                int inputs = layer.Weights.Length / output.Length;
                float[] before = new float[inputs];
                for (int i = 0; i < output.Length; i++)
                {
                    // Where ReLU gives 0, nothing goes back.
                    if (!layer.HasReLU || output[i] > 0)
                    {
                        TensorPrimitives.MultiplyAdd(layer.Weights.AsSpan(i * inputs, inputs), gradient[i], before, before);
                    }
                }

                gradient = before;
            }

            return gradient;
        }
    }

    /// <param name="Name">Keras's name.</param>
    /// <param name="HasReLU">Whether ReLU follows.</param>
    /// <param name="Weights">(outputs, inputs), row by row.</param>
    private sealed record HiddenLayer(string Name, bool HasReLU, float[] Weights);
}
