using System.Runtime.InteropServices;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>Describes a checkpoint's layers as a chain. Weights are read later, once the chain has turned out to be a VGG.</summary>
internal sealed class CheckpointChain(TensorBundle bundle, SavedModelFacts facts)
{
    // tf.keras.layers.BatchNormalization's default.
    private const double KerasEpsilon = 1e-3;

    private readonly List<ChainStep> _steps = [];

    /// <summary>What was left out in front of the convolutions, as whole sentences.</summary>
    public List<string> Notes { get; } = [];

    /// <exception cref="FormatException">There is no convolution, or the layers contradict each other; the message continues "the file isn't usable:".</exception>
    public LayerChain Create(string path, CheckpointLayers layers)
    {
        foreach (CheckpointLayer layer in layers.Layers)
        {
            Add(layer, $"layer '{MessageText.Shorten(layer.Name)}'");
        }

        int first = _steps.FindIndex(step => step is ConvolutionStep);
        if (first < 0)
        {
            throw new FormatException($"none of its {bundle.Entries.Count:N0} entries is the kernel of a convolution in a model's layers, so it holds no VGG");
        }

        if (first + 1 < _steps.Count && _steps[first + 1] is BatchNormStep)
        {
            CheckNorms();
        }

        return new LayerChain(path, TensorBundle.FormatName, _steps)
        {
            HasWeightsOnly = true,
            LeavesHeadOut = true,
            ListsUnknown = layers.ListsAll,
            MaximumPools = facts.MaxPools,
            DefaultEpsilon = KerasEpsilon,
            Height = facts.InputSize,
            Width = facts.InputSize,
            Dropout = facts.Dropout,
        };
    }

    private void CheckNorms()
    {
        if (facts.ReluInsideConvolutions)
        {
            throw new FormatException("its convolutions have ReLU inside and so before batch norm, and a VGG's comes after; that isn't supported");
        }

        if (facts.Epsilons.Count > 1)
        {
            throw new FormatException($"its batch norms have different epsilons ({string.Join(", ", facts.Epsilons)}), and a VGG has one");
        }
    }

    private void Add(CheckpointLayer layer, string name)
    {
        ChainStep? before = _steps.FindLast(step => step is not UnknownStep);
        IReadOnlyList<int>? kernel = layer.Keys.TryGetValue(WeightRole.Kernel, out string? key) && bundle.Entries.TryGetValue(key, out BundleEntry? entry) ? entry.Shape : null;
        bool isKnown = !layer.Keys.ContainsKey(WeightRole.Unknown);
        if (layer.Keys.Count == 0)
        {
            _steps.Add(new UnknownStep(name));
        }
        else if (kernel is { Count: 4 } && isKnown)
        {
            _steps.Add(new ConvolutionStep(name, Tensor(key!, KerasKernel.TorchShape(kernel), kernel[0] * kernel[1]), Vector(layer, WeightRole.Bias)));
        }
        else if (before is null)
        {
            Notes.Add($"Layer '{MessageText.Shorten(layer.Name)}' in front of the convolutions was left out: it has variables, and no VGG has such a layer.");
        }
        else if (Vector(layer, WeightRole.MovingMean) is { } mean && Vector(layer, WeightRole.MovingVariance) is { } variance && isKnown)
        {
            _steps.Add(new BatchNormStep(name, Vector(layer, WeightRole.Gamma), Vector(layer, WeightRole.Beta), mean, variance, facts.Epsilons.Cast<double?>().FirstOrDefault()));
        }
        else if (kernel is { Count: 2 } && layer.Keys.Keys.All(role => role is WeightRole.Kernel or WeightRole.Bias))
        {
            AddDense(layer, name, key!, kernel, before);
        }
        else
        {
            _steps.Add(new ForeignStep(name, "isn't a dense one") { HasWeightsBehind = true });
        }
    }

    private void AddDense(CheckpointLayer layer, string name, string key, IReadOnlyList<int> kernel, ChainStep before)
    {
        if (before is ConvolutionStep or BatchNormStep && facts.GlobalMaximum is { } isMaximum)
        {
            _steps.Add(new GlobalPoolStep("its global pool", isMaximum));
        }

        // The first dense layer takes the flattened map, whose values are in row, column, channel order.
        int channels = before switch
        {
            ConvolutionStep convolution => convolution.Kernel.Shape[0],
            BatchNormStep norm => (int)norm.Mean.ElementCount,
            _ => kernel[0],
        };
        int positions = kernel[0] % channels == 0 ? kernel[0] / channels : 1;
        _steps.Add(new DenseStep(name, Tensor(key, KerasKernel.TorchShape(kernel), positions), IsInputByOutput: false, Vector(layer, WeightRole.Bias)));
    }

    private ModelTensor? Vector(CheckpointLayer layer, WeightRole role) =>
        layer.Keys.TryGetValue(role, out string? key) ? Tensor(key, bundle.Entries[key].Shape!, positions: 0) : null;

    /// <summary>A tensor in torchvision's layout under its key's name.</summary>
    /// <param name="key">The variable's key.</param>
    /// <param name="shape">torchvision's shape.</param>
    /// <param name="positions">For kernels, see <see cref="KerasKernel"/>; 0 for vectors, which are kernels of one row.</param>
    private ModelTensor Tensor(string key, IReadOnlyList<int> shape, int positions)
    {
        BundleEntry entry = bundle.Entries[key];
        TensorType type = TensorFlowReader.TypeOf(entry);
        int count = shape.Aggregate(1, (product, dimension) => product * dimension);
        int outputs = positions == 0 ? count : shape[0];
        return new ModelTensor(key, shape, type, new DeferredMemory(count * type.ByteSize(), Read).Memory);

        ReadOnlyMemory<byte> Read()
        {
            int places = Math.Max(1, positions);
            var kernel = new KerasKernel(places, count / outputs / places, outputs, type.ByteSize());
            int stored = (int)(entry.Size / count);
            bundle.Read(key, outputs * stored, piece => kernel.Add(stored == sizeof(double) ? MemoryMarshal.AsBytes(DoubleNarrowing.ToSingles(piece.Span).AsSpan()) : piece.Span));
            return kernel.Result;
        }
    }
}
