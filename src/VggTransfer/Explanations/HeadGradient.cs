using System.Numerics.Tensors;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Explanations;

/// <summary>
/// Traces a head's gradient back from the features to the maps that they come from, through pools over whole maps, flattening and dense
/// layers of the graph, whatever network it is of.
/// </summary>
internal sealed class HeadGradient
{
    private readonly IReadOnlyList<Part> _parts;

    private HeadGradient(IReadOnlyList<Part> parts) => _parts = parts;

    /// <summary>The values of the graph that are maps.</summary>
    public IEnumerable<string> Maps => _parts.Select(part => part.Map).Distinct();

    /// <summary>The values of the graph whose numbers are needed.</summary>
    public IReadOnlyList<string> Inspected => [.. Maps.Concat(_parts.SelectMany(part => part.Steps).SelectMany(step => step.Inspected)).Distinct()];

    /// <param name="document">The classifier's graph.</param>
    /// <exception cref="NotSupportedException">The graph has dense layers in 8-bit integers.</exception>
    /// <exception cref="InvalidModelFileException">The graph is damaged.</exception>
    public static HeadGradient Create(OnnxDocument document)
    {
        Dictionary<string, OnnxNode> producers = new OnnxConnections(document).Producers;
        using var external = new OnnxExternalData(document.Source);
        var constants = new OnnxConstants(document, new OnnxTensorData(document.Source, external), producers);
        string features = document.Outputs.Count == 1 ? document.Outputs[0] : throw document.Source.Fault($"its graph has {document.Outputs.Count} outputs instead of one");
        IEnumerable<string> joined = producers.GetValueOrDefault(features) is { Operator: "Concat" } concat ? concat.Inputs : [features];
        return new HeadGradient([.. joined.Select(value => Follow(value, producers, constants, document.Source.Path))]);
    }

    private static Part Follow(string value, Dictionary<string, OnnxNode> producers, OnnxConstants constants, string path)
    {
        var steps = new List<Step>();
        while (producers.GetValueOrDefault(value) is { } node && node.Input(0) is { } input)
        {
            switch (node.Operator)
            {
                case "Gemm" when node.Integer("transB", 0) == 1 && node.Input(1) is { } weights:
                    steps.Add(new Step(StepKind.Dense, input, value, constants.Weight(weights)));
                    break;
                case "Softmax":
                case "Relu" when producers.GetValueOrDefault(input) is { Operator: "Gemm" or "QGemm" }:
                    steps.Add(new Step(node.Operator == "Softmax" ? StepKind.Softmax : StepKind.Relu, input, value));
                    break;
                case "QGemm":
                    throw new NotSupportedException($"'{path}' has dense layers in 8-bit integers, through which no heat map can be traced back; train it with --precision fp32.");
                case "Sqrt" or "LpNormalization":
                    steps.Add(new Step(node.Operator == "Sqrt" ? StepKind.Root : StepKind.UnitLength, input, value));
                    break;
                case "GlobalAveragePool" or "GlobalMaxPool":
                    return new Part(input, IsPooled: true, steps);
                case "Identity" or "Flatten":
                    break;
                default:
                    return new Part(value, IsPooled: false, steps);
            }

            value = input;
        }

        return new Part(value, IsPooled: false, steps);
    }

    /// <summary>For each map how much each of its channels counts: the mean of the gradient over the map.</summary>
    /// <param name="gradient">Of the features.</param>
    /// <param name="values">What the inspected values are for a picture.</param>
    public IEnumerable<(string Map, float[] Channels)> ChannelsOf(float[] gradient, IReadOnlyDictionary<string, ActivationMap> values)
    {
        int start = 0;
        foreach (Part part in _parts)
        {
            ActivationMap map = values[part.Map];
            int length = part.Steps.FirstOrDefault(step => step.Weights is not null)?.Weights!.Shape[0] ?? (part.IsPooled ? map.Channels : map.Values.Length);
            float[] back = part.Steps.Aggregate(gradient.AsSpan(start, length).ToArray(), (after, step) => step.Trace(after, values));

            // An average hands its gradient to all places in equal parts, a maximum to one: the mean over places, times
            // their number, is the same.
            yield return (part.Map, part.IsPooled ? back : MeanOf(back, map));
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

    /// <summary>A part of the features.</summary>
    /// <param name="Map">The map that it comes from.</param>
    /// <param name="IsPooled">Whether one number is made of each channel.</param>
    /// <param name="Steps">What comes behind, last first.</param>
    private sealed record Part(string Map, bool IsPooled, IReadOnlyList<Step> Steps);

    private enum StepKind
    {
        Dense,
        Relu,
        Softmax,
        Root,
        UnitLength,
    }

    /// <summary>What makes one vector of another.</summary>
    /// <param name="Kind">How.</param>
    /// <param name="Input">The value that it takes.</param>
    /// <param name="Output">The value that it gives.</param>
    /// <param name="Weights">(outputs, inputs) of a dense layer.</param>
    private sealed record Step(StepKind Kind, string Input, string Output, ModelTensor? Weights = null)
    {
        /// <summary>The values whose numbers the gradient depends on.</summary>
        public IEnumerable<string> Inspected => Kind switch
        {
            StepKind.Dense => [],
            StepKind.UnitLength => [Input, Output],
            _ => [Output],
        };

        public float[] Trace(float[] gradient, IReadOnlyDictionary<string, ActivationMap> values)
        {
            if (Weights is not null)
            {
                return TraceDense(gradient, Weights.ToSingles());
            }

            float[] output = values[Output].Values;
            float along = TensorPrimitives.Dot<float>(output, gradient);
            return Kind switch
            {
                StepKind.Softmax => [.. gradient.Select((after, i) => output[i] * (after - along))],

                // Where ReLU gives 0, nothing goes back; and what is 0 under a root has no part in the picture.
                StepKind.Relu => [.. gradient.Select((after, i) => output[i] > 0 ? after : 0)],
                StepKind.Root => [.. gradient.Select((after, i) => output[i] > 0 ? after / (2 * output[i]) : 0)],
                _ => TraceUnitLength(gradient, output, along, TensorPrimitives.Norm<float>(values[Input].Values)),
            };
        }

        /// <summary>What only makes the vector longer changes nothing.</summary>
        private static float[] TraceUnitLength(float[] gradient, float[] output, float along, float length) =>
            [.. gradient.Select((after, i) => length > 0 ? (after - (output[i] * along)) / length : 0)];

        private static float[] TraceDense(float[] gradient, float[] weights)
        {
            float[] before = new float[weights.Length / gradient.Length];
            for (int i = 0; i < gradient.Length; i++)
            {
                TensorPrimitives.MultiplyAdd(weights.AsSpan(i * before.Length, before.Length), gradient[i], before, before);
            }

            return before;
        }
    }
}
