using System.Numerics.Tensors;
using Microsoft.ML.OnnxRuntime;
using VggTransfer.Classification;
using VggTransfer.Images;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Explanations;

/// <summary>
/// Shows which parts of a picture speak for a class: Grad-CAM (R. Selvaraju et al., ICCV 2017) on the maps that the
/// classifier's features come from. Where the head works on averages of maps, that is the exact share of each place in the
/// logit (class activation mapping; B. Zhou et al., CVPR 2016). Safe to use from many threads.
/// </summary>
public sealed class GradCam : IDisposable
{
    private readonly ClassifierDescription _description;
    private readonly LinearHead _head;
    private readonly InspectedGraph _graph;
    private readonly HeadGradient _gradient;

    private GradCam(ClassifierDescription description, LinearHead head, InspectedGraph graph, HeadGradient gradient)
    {
        _description = description;
        _head = head;
        _graph = graph;
        _gradient = gradient;
    }

    /// <summary>Loads a model file that <c>vggtransfer train</c>, <c>finetune</c> or <see cref="TrainedImageClassifier.Save"/> made.</summary>
    /// <param name="path">The file, a .zip.</param>
    /// <param name="threads">Threads for inference, 1 to 1024; by default one for each processor.</param>
    /// <exception cref="InvalidModelFileException">The file is no such model, or is damaged.</exception>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="NotSupportedException">
    /// The network has dense layers in 8-bit integers, or gives its features in another way than a VGG, through which nothing can be traced back.
    /// </exception>
    public static GradCam Load(string path, int? threads = null)
    {
        (ClassifierDescription description, LinearHead head, byte[] graph) = ClassifierFile.Read(path);
        OnnxDocument document = OnnxDocumentReader.Read(graph, new ProtobufSource(path, ClassifierFile.Format));
        var gradient = HeadGradient.Create(document);
        try
        {
            var inspected = InspectedGraph.Load(graph, gradient.Inspected, threads ?? Environment.ProcessorCount);
            if (gradient.Maps.All(inspected.IsMap))
            {
                return new GradCam(description, head, inspected, gradient);
            }

            inspected.Dispose();
            throw new NotSupportedException($"The features of '{path}' don't come from maps by pools over whole maps, flattening and dense layers, so no heat map can be traced back.");
        }
        catch (OnnxRuntimeException e)
        {
            throw new InvalidModelFileException(path, ClassifierFile.Format, "ONNX Runtime can't load its graph; train or copy it again", innerException: e);
        }
    }

    /// <summary>Explains a picture.</summary>
    /// <param name="path">The image file; it is read and closed at once.</param>
    /// <param name="label">The class; by default the most probable one.</param>
    /// <exception cref="ArgumentException">The model doesn't know that class.</exception>
    /// <exception cref="InvalidImageException">The file is no usable image.</exception>
    /// <exception cref="IOException">The file can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    public HeatMap Explain(string path, string? label = null)
    {
        int size = _description.InputSize;
        byte[] pixels = new byte[size * size * 3];
        ImagePreparation.Prepare(path, _description.Resize, size, pixels, _description.Decoding);
        IReadOnlyDictionary<string, ActivationMap> maps = _graph.Run(pixels, size, out float[] features);
        float[] probabilities = _head.Probabilities(features);
        int chosen = label is null ? Array.IndexOf(probabilities, probabilities.Max()) : IndexOf(label);
        return new HeatMap(_description.Labels[chosen], probabilities[chosen], new RgbImage(size, size, pixels), Combine(maps, chosen, size));
    }

    /// <inheritdoc/>
    public void Dispose() => _graph.Dispose();

    private int IndexOf(string label)
    {
        for (int i = 0; i < _description.Labels.Count; i++)
        {
            if (_description.Labels[i] == label)
            {
                return i;
            }
        }

        throw new ArgumentException($"The model doesn't know the class '{label}'; it knows {string.Join(", ", _description.Labels.Take(20))}.", nameof(label));
    }

    /// <summary>Sums the maps, each channel by its gradient, keeps what speaks for the class, and makes the largest value 1.</summary>
    private float[] Combine(IReadOnlyDictionary<string, ActivationMap> maps, int label, int size)
    {
        float[] sum = new float[size * size];
        foreach ((string name, float[] channels) in _gradient.ChannelsOf(Margin(label), maps))
        {
            maps[name].AddWeighted(channels, sum, size);
        }

        float largest = Math.Max(0, sum.Max());
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] = largest > 0 ? Math.Max(0, sum[i]) / largest : 0;
        }

        return sum;
    }

    /// <summary>
    /// The gradient of a class's lead over the mean of the others: logits alone also hold what speaks for all classes alike,
    /// which softmax doesn't see.
    /// </summary>
    private float[] Margin(int label)
    {
        float[] gradient = new float[_head.Dimension];
        for (int k = 0; k < _head.Classes; k++)
        {
            float factor = k == label ? 1 : -1f / (_head.Classes - 1);
            TensorPrimitives.MultiplyAdd(_head.Weights.AsSpan(k * _head.Dimension, _head.Dimension), factor, gradient, gradient);
        }

        return gradient;
    }
}
