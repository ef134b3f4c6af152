using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>A tensor of the model and the variable that it is made of.</summary>
/// <param name="Name">torchvision's name.</param>
/// <param name="Shape">torchvision's shape.</param>
/// <param name="Key">The variable's key; null for a tensor that Keras left out and that holds one value throughout.</param>
/// <param name="Positions">For kernels, see <see cref="KerasKernel"/>; 0 for vectors.</param>
/// <param name="Fill">The value, where there is no variable.</param>
internal sealed record TensorPlan(string Name, IReadOnlyList<int> Shape, string? Key, int Positions = 0, float Fill = 0);

/// <summary>Finds the VGG in a checkpoint's layers, by shapes alone; reads no weights.</summary>
internal sealed class CheckpointNetwork
{
    private readonly CheckpointLayers _layers;
    private readonly SavedModelFacts _facts;
    private readonly IReadOnlyDictionary<string, BundleEntry> _entries;
    private readonly List<TensorPlan> _base = [];

    private CheckpointNetwork(CheckpointLayers layers, IReadOnlyDictionary<string, BundleEntry> entries, SavedModelFacts facts)
    {
        _layers = layers;
        _entries = entries;
        _facts = facts;
    }

    public VggArchitecture Architecture { get; private set; } = new();

    public IReadOnlyList<TensorPlan> Tensors { get; private set; } = [];

    public List<string> Notes { get; } = [];

    /// <exception cref="FormatException">There is none; the message continues "the file isn't usable:".</exception>
    public static CheckpointNetwork Find(CheckpointLayers layers, IReadOnlyDictionary<string, BundleEntry> entries, SavedModelFacts facts)
    {
        var network = new CheckpointNetwork(layers, entries, facts);
        network.Find();
        return network;
    }

    private void Find()
    {
        List<ConvolutionPlace> places = ConvolutionPlaces();
        (VggConfiguration configuration, int count) = Recognise(places);
        bool batchNorm = places[0].Norm is not null;
        places = places[..count];
        var skeleton = new VggArchitecture { Configuration = configuration, BatchNorm = batchNorm, IncludeTop = false };
        VggLayer[] modules = [.. skeleton.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution)];
        for (int i = 0; i < count; i++)
        {
            AddConvolution(places[i], modules[i], batchNorm);
        }

        if (batchNorm && _facts.ReluInsideConvolutions)
        {
            throw new FormatException("its convolutions have ReLU inside and so before batch norm, and a VGG's comes after; that isn't supported");
        }

        int behind = places[^1].End;
        bool? fifthPool = _facts.MaxPools is { } pools ? FifthPoolBy(pools) : new BlockGaps(_layers, places, modules).FifthPool();
        if (fifthPool is null)
        {
            Notes.Add("The checkpoint doesn't say whether a fifth pool follows the convolutions; the paper's was assumed.");
        }

        var assumed = new VggArchitecture
        {
            FifthPool = fifthPool ?? true,

            // Keras's default.
            BatchNormEpsilon = batchNorm ? Epsilon() ?? 1e-3 : 1e-3,
            InputSize = _facts.InputSize ?? 224,
            Dropout = _facts.Dropout ?? 0.5,
        };
        if (batchNorm && _facts.Epsilons.Count == 0)
        {
            Notes.Add("The checkpoint doesn't say batch norm's epsilon; Keras's default of 0.001 was assumed.");
        }

        List<TensorPlan>? head = Head(behind, places[^1].Outputs, out string? reason);
        VggArchitecture? architecture = null;
        if (head is null || !TryRecognise([.. _base, .. head], assumed, out architecture, out reason))
        {
            head = null;
            if (!TryRecognise(_base, assumed, out architecture, out string? baseReason))
            {
                throw new FormatException(baseReason!);
            }

            if (reason is not null)
            {
                Notes.Add($"Its head was left out, and the convolutions alone were read: {reason}.");
            }
        }

        Architecture = architecture!;
        Tensors = head is null ? _base : [.. _base, .. head];
        if (head is not null && Architecture.InputSize == (Architecture.FifthPool ? 32 : 16) && _facts.InputSize is null)
        {
            Notes.Add("Its first dense layer takes one number for each channel: it was read as the flattened map of an image of 32x32, and if the model has global pooling there, take its convolutions alone.");
        }
    }

    private double? Epsilon() => _facts.Epsilons.Count <= 1
        ? _facts.Epsilons.Cast<double?>().FirstOrDefault()
        : throw new FormatException($"its batch norms have different epsilons ({string.Join(", ", _facts.Epsilons)}), and a VGG has one");

    private static bool TryRecognise(IReadOnlyList<TensorPlan> tensors, VggArchitecture assumed, out VggArchitecture? architecture, out string? reason) =>
        ArchitectureRecognition.TryRecognise(tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal), out architecture, out reason, assumed);

    private static bool FifthPoolBy(int pools) => pools switch
    {
        5 => true,
        4 => false,
        _ => throw new FormatException($"its model has {pools:N0} maximum pools, and a VGG has 5, or 4 for small images"),
    };

    /// <summary>The convolutions before the first layer that isn't part of a VGG's convolutional part.</summary>
    private List<ConvolutionPlace> ConvolutionPlaces()
    {
        var places = new List<ConvolutionPlace>();
        IReadOnlyList<CheckpointLayer> layers = _layers.Layers;
        for (int i = 0; i < layers.Count; i++)
        {
            CheckpointLayer layer = layers[i];
            if (Kernel(layer) is { Count: 4 } kernel && !layer.Keys.ContainsKey(WeightRole.Unknown))
            {
                bool norm = i + 1 < layers.Count && IsNorm(layers[i + 1]);
                places.Add(new ConvolutionPlace(i, layer, norm ? layers[i + 1] : null, kernel[0], kernel[3], kernel));
                i += norm ? 1 : 0;
            }
            else if (layer.Keys.Count > 0)
            {
                if (places.Count > 0)
                {
                    return places;
                }

                Notes.Add($"Layer '{MessageText.Shorten(layer.Name)}' in front of the convolutions was left out: it has variables, and no VGG has such a layer.");
            }
        }

        return places.Count > 0
            ? places
            : throw new FormatException($"none of its {_entries.Count:N0} entries is the kernel of a convolution in a model's layers, so it holds no VGG");
    }

    /// <summary>The configuration with these kernels; behind them, only convolutions that stand for dense layers may follow.</summary>
    private static (VggConfiguration Configuration, int Count) Recognise(List<ConvolutionPlace> places)
    {
        int count = places.FindIndex(place => place.KernelSize > 3);
        count = count < 0 ? places.Count : count;
        foreach (VggConfiguration configuration in Enum.GetValues<VggConfiguration>())
        {
            int[] kernels = [.. VggConfigurationTable.Kernels(configuration).SelectMany(block => block)];
            if (places.Take(count).Select(place => place.KernelSize).SequenceEqual(kernels))
            {
                return (configuration, count);
            }
        }

        throw new FormatException($"its model's {places.Count} convolutions ({string.Join(", ", places.Take(20).Select(place => $"{place.Kernel[0]}x{place.Kernel[1]}"))}{(places.Count > 20 ? " ..." : "")}) are those of no VGG: 8, 10, 13 or 16 of 3x3, in configuration C also 1x1");
    }

    private void AddConvolution(ConvolutionPlace place, VggLayer module, bool batchNorm)
    {
        string name = module.TorchName!;
        _base.Add(new TensorPlan($"{name}.weight", KerasKernel.TorchShape(place.Kernel), place.Layer.Keys[WeightRole.Kernel], place.Kernel[0] * place.Kernel[1]));
        if (place.Norm is not null != batchNorm)
        {
            throw new FormatException($"batch norm follows some of its convolutions and not '{MessageText.Shorten(place.Layer.Name)}', and in a VGG it follows all of them or none");
        }

        if (!batchNorm && !place.Layer.Keys.ContainsKey(WeightRole.Bias))
        {
            throw new FormatException($"convolution '{MessageText.Shorten(place.Layer.Name)}' has no bias, and a VGG's have one");
        }

        AddVector($"{name}.bias", place.Layer, WeightRole.Bias, place.Outputs, fill: 0);
        if (place.Norm is not { } norm)
        {
            return;
        }

        // Batch norm has torchvision's next module number; gamma and beta can be switched off in Keras (scale, center).
        string normName = $"features.{int.Parse(name["features.".Length..], System.Globalization.CultureInfo.InvariantCulture) + 1}";
        AddVector($"{normName}.weight", norm, WeightRole.Gamma, place.Outputs, fill: 1);
        AddVector($"{normName}.bias", norm, WeightRole.Beta, place.Outputs, fill: 0);
        AddVector($"{normName}.running_mean", norm, WeightRole.MovingMean, place.Outputs, fill: 0);
        AddVector($"{normName}.running_var", norm, WeightRole.MovingVariance, place.Outputs, fill: 1);
    }

    private void AddVector(string name, CheckpointLayer layer, WeightRole role, int length, float fill)
    {
        string? key = layer.Keys.GetValueOrDefault(role);
        _base.Add(key is null ? new TensorPlan(name, [length], null, Fill: fill) : new TensorPlan(name, _entries[key].Shape!, key));
    }

    /// <summary>The dense layers behind the convolutions, under torchvision's names; null if there are none, or none that fit.</summary>
    private List<TensorPlan>? Head(int behind, int channels, out string? reason)
    {
        reason = null;
        var head = new List<TensorPlan>();
        foreach (CheckpointLayer layer in _layers.Layers.Skip(behind).Where(layer => layer.Keys.Count > 0))
        {
            IReadOnlyList<int>? kernel = Kernel(layer);
            if (kernel is not { Count: 2 or 4 } || layer.Keys.Keys.Any(role => role is not (WeightRole.Kernel or WeightRole.Bias)))
            {
                reason = $"layer '{MessageText.Shorten(layer.Name)}' isn't a dense one";
                return null;
            }

            string name = $"classifier.{3 * head.Count / 2}";
            (int positions, int inputs, int outputs) = kernel.Count == 4
                ? (kernel[0] * kernel[1], kernel[0] * kernel[1] * kernel[2], kernel[3])
                : (head.Count == 0 && kernel[0] % channels == 0 ? kernel[0] / channels : 1, kernel[0], kernel[1]);
            if (layer.Keys.GetValueOrDefault(WeightRole.Bias) is not { } bias)
            {
                reason = $"dense layer '{MessageText.Shorten(layer.Name)}' has no bias";
                return null;
            }

            head.Add(new TensorPlan($"{name}.weight", [outputs, inputs], layer.Keys[WeightRole.Kernel], positions));
            head.Add(new TensorPlan($"{name}.bias", _entries[bias].Shape!, bias));
        }

        if (head.Count > 0 && _facts.GlobalPooling)
        {
            reason = "it stands behind global pooling, which a VGG doesn't have";
            return null;
        }

        return head.Count > 0 ? head : null;
    }

    private IReadOnlyList<int>? Kernel(CheckpointLayer layer) =>
        layer.Keys.TryGetValue(WeightRole.Kernel, out string? key) && _entries.TryGetValue(key, out BundleEntry? entry) ? entry.Shape : null;

    private static bool IsNorm(CheckpointLayer layer) =>
        layer.Keys.ContainsKey(WeightRole.MovingMean) && layer.Keys.ContainsKey(WeightRole.MovingVariance) && !layer.Keys.ContainsKey(WeightRole.Unknown);
}

/// <summary>A convolution among a checkpoint's layers.</summary>
/// <param name="Index">Its place.</param>
/// <param name="Layer">The layer.</param>
/// <param name="Norm">The batch norm right behind it; null if there is none.</param>
/// <param name="KernelSize">Side of the kernel.</param>
/// <param name="Outputs">Filters.</param>
/// <param name="Kernel">The kernel's shape, HWIO.</param>
internal sealed record ConvolutionPlace(int Index, CheckpointLayer Layer, CheckpointLayer? Norm, int KernelSize, int Outputs, IReadOnlyList<int> Kernel)
{
    /// <summary>The place behind it and its batch norm.</summary>
    public int End => Index + (Norm is null ? 1 : 2);
}
