using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// Takes back what <see cref="OnnxModelWriter"/> did to a model: its metadata are in the file, and its first kernel may
/// have the normalisation of the pixels folded into it. What can't be taken back is said in the notes: folded batch norm,
/// and layers that an export left out.
/// </summary>
internal static class OwnOnnxModel
{
    private static readonly string s_firstKernel = $"{TorchModules.Feature(0)}.weight";
    private static readonly string s_firstBias = $"{TorchModules.Feature(0)}.bias";

    // A quotient of two singles is that near to the number that was multiplied.
    private const int NeighboursToTry = 4;

    /// <summary>Makes the model.</summary>
    /// <param name="found">What the graph holds.</param>
    /// <param name="reader">How the graph begins.</param>
    /// <param name="metadata">What the file says about the model.</param>
    /// <param name="chain">The file, for messages.</param>
    /// <param name="owner">What the model disposes.</param>
    /// <exception cref="InvalidModelFileException">Graph and metadata contradict each other.</exception>
    public static WeightsContent Create(ChainModel found, OnnxChainReader reader, ModelMetadata metadata, LayerChain chain, IDisposable owner)
    {
        var notes = new List<string>(found.Notes);
        VggArchitecture written = metadata.Architecture;
        bool includeTop = written.IncludeTop && found.Architecture.IncludeTop;
        VggArchitecture architecture = written with
        {
            BatchNorm = found.Architecture.BatchNorm,
            IncludeTop = found.Architecture.IncludeTop,
            InputSize = found.Architecture.InputSize,

            // A head that was trained on fc7 has classes of its own.
            Classes = includeTop ? found.Architecture.Classes : written.Classes,
        };
        if (written.BatchNorm && !found.Architecture.BatchNorm)
        {
            notes.Add("Batch norm was folded into the convolutions when the file was written, which can't be undone: the model gives the same results without batch norm layers.");
        }

        if (written.IncludeTop && !includeTop && found.Notes.Count == 0)
        {
            notes.Add("The file holds the convolutions only: its dense part was left out when it was written.");
        }

        List<ModelTensor> tensors = [.. found.Tensors];
        CheckFront(reader, metadata, chain);
        if (reader.Input.Type == OnnxElementType.UInt8)
        {
            RestoreFirstLayer(tensors, metadata.Preprocessing!.Value, notes);
        }

        ModelMetadata facts = metadata with { Architecture = architecture, Labels = includeTop && architecture.Classes == written.Classes ? metadata.Labels : null };
        return new WeightsContent(facts.CreateModel(tensors, owner, chain.Path, chain.Format), WeightsFormat.Onnx, notes);
    }

    /// <summary>The graph must begin as the writer makes it begin: a wrong family would give plausible, wrong features.</summary>
    private static void CheckFront(OnnxChainReader reader, ModelMetadata metadata, LayerChain chain)
    {
        bool takesPixels = reader.Input.Type == OnnxElementType.UInt8;
        OnnxFrontOperation[] arithmetic = [.. reader.Front.Where(operation => operation.Constant is not null)];
        float[] mean = takesPixels && metadata.Preprocessing is { } family ? MeanPixel(ChannelNormalization.For(family)) : [0, 0, 0];
        bool fits = mean.All(value => value == 0)
            ? arithmetic.Length == 0
            : arithmetic is [{ Node.Operator: "Sub", Constant: { ElementCount: 3 } constant }] && constant.ToSingles().AsSpan().SequenceEqual(mean);
        if (!fits || (takesPixels && metadata.Preprocessing is null))
        {
            throw new InvalidModelFileException(chain.Path, chain.Format, $"its graph doesn't begin with the preprocessing that its metadata name ({metadata.Preprocessing?.ToString() ?? "none"}); it was changed after it was written, so export the model again");
        }
    }

    /// <summary>What the graph subtracts from the pixels, in RGB.</summary>
    private static float[] MeanPixel(ChannelNormalization normalization) =>
        [.. Enumerable.Range(0, 3).Select(rgb => normalization.Mean[normalization.SourceChannel(rgb)] / normalization.Scale)];

    private static void RestoreFirstLayer(List<ModelTensor> tensors, PreprocessingFamily family, List<string> notes)
    {
        int kernelIndex = tensors.FindIndex(tensor => tensor.Name == s_firstKernel);
        int biasIndex = tensors.FindIndex(tensor => tensor.Name == s_firstBias);
        ModelTensor kernel = tensors[kernelIndex];
        bool isHalf = tensors.Find(tensor => tensor.Name != s_firstKernel && tensor.Shape.Count == 4) is { Type: TensorType.Float16 };
        ChannelNormalization normalization = ChannelNormalization.For(family);
        float[] folded = kernel.ToSingles();
        float[] restored = Unfold(folded, kernel.Shape, normalization);
        ModelTensor single = ModelTensor.FromFloat32(s_firstKernel, kernel.Shape, restored);
        ModelTensor half = single.ConvertTo(TensorType.Float16);

        // The writer widens the first layer of a half-precision model to fold it; where folding the half-precision
        // numbers gives the file's, they are what it was.
        if (isHalf && Fold(half.ToSingles(), kernel.Shape, normalization).AsSpan().SequenceEqual(folded))
        {
            tensors[kernelIndex] = half;
            ModelTensor halfBias = tensors[biasIndex].ConvertTo(TensorType.Float16);
            if (halfBias.ToSingles().AsSpan().SequenceEqual(tensors[biasIndex].ToSingles()))
            {
                tensors[biasIndex] = halfBias;
            }

            return;
        }

        tensors[kernelIndex] = single;
        if (!Enumerable.Range(0, 3).All(channel => Factor(normalization, channel) == 1))
        {
            notes.Add("The normalisation of the pixels was folded into the first convolution's kernel, and is taken out of it again: each of its numbers is within 0.00003 % (two units in the last place) of what was written, and gives the same file when it is exported again; all other tensors are exact.");
        }
    }

    /// <summary>The factor that the writer puts into a kernel's channel.</summary>
    private static float Factor(ChannelNormalization normalization, int channel) => normalization.Scale / normalization.Std[channel];

    private static float[] Fold(float[] kernel, IReadOnlyList<int> shape, ChannelNormalization normalization)
    {
        float[] folded = new float[kernel.Length];
        ForEachWeight(shape, normalization, (rgb, own, channel) => folded[rgb] = kernel[own] * Factor(normalization, channel));
        return folded;
    }

    /// <summary>Takes the normalisation of the pixels out of a first kernel.</summary>
    internal static float[] Unfold(float[] folded, IReadOnlyList<int> shape, ChannelNormalization normalization)
    {
        float[] kernel = new float[folded.Length];
        ForEachWeight(shape, normalization, (rgb, own, channel) => kernel[own] = Divide(folded[rgb], Factor(normalization, channel)));
        return kernel;
    }

    /// <summary>The number nearest to the quotient whose product with the factor is the folded number again.</summary>
    private static float Divide(float product, float factor)
    {
        float quotient = product / factor;
        (float below, float above) = (quotient, quotient);
        for (int i = 0; i <= NeighboursToTry; i++)
        {
            if (above * factor == product)
            {
                return above;
            }

            if (below * factor == product)
            {
                return below;
            }

            (below, above) = (MathF.BitDecrement(below), MathF.BitIncrement(above));
        }

        return quotient;
    }

    /// <summary>Visits each weight: its place in the file's kernel for RGB pixels, its place in the network's own, and the network's channel.</summary>
    private static void ForEachWeight(IReadOnlyList<int> shape, ChannelNormalization normalization, Action<int, int, int> visit)
    {
        int window = shape[2] * shape[3];
        for (int output = 0; output < shape[0]; output++)
        {
            for (int rgb = 0; rgb < shape[1]; rgb++)
            {
                int channel = normalization.SourceChannel(rgb);
                for (int k = 0; k < window; k++)
                {
                    visit((((output * shape[1]) + rgb) * window) + k, (((output * shape[1]) + channel) * window) + k, channel);
                }
            }
        }
    }
}
