using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Makes a model of a Keras file's layers.</summary>
internal sealed class KerasVgg
{
    // keras.layers.BatchNormalization's default.
    private const double KerasEpsilon = 1e-3;

    private readonly KerasContent _content;
    private readonly KerasBase _base;
    private readonly KerasHead _head;
    private readonly WeightsReadOptions _options;
    private readonly double? _epsilon;
    private readonly Func<string, InvalidModelFileException> _fault;
    private readonly List<string> _notes = [];
    private readonly (int Height, int Width)? _input;
    private VggArchitecture _architecture;

    private KerasVgg(KerasContent content, WeightsReadOptions options, Func<string, InvalidModelFileException> fault, double? epsilon)
    {
        _content = content;
        _options = options;
        _epsilon = epsilon;
        _fault = fault;
        _base = KerasBase.Find(content, fault);
        _input = content.Operations.Select(KerasSettings.InputSize).FirstOrDefault(size => size is not null);
        _head = KerasHead.Find(content, _base.Behind, _base.Convolutions[^1].Weights![KerasRoles.Kernel].Space.Dimensions[3]);
        _architecture = new VggArchitecture();
    }

    /// <summary>Reads the model; its weights are copies, so the file may be closed.</summary>
    /// <param name="content">The file's layers.</param>
    /// <param name="format">What the file is.</param>
    /// <param name="options">What the caller knows.</param>
    /// <param name="fault">Makes the exception for a reason.</param>
    /// <param name="epsilon">Batch normalisation's epsilon, for files that don't say; null for Keras's default, 1e-3.</param>
    /// <exception cref="InvalidModelFileException">It holds no VGG.</exception>
    public static WeightsContent Read(KerasContent content, WeightsFormat format, WeightsReadOptions options, Func<string, InvalidModelFileException> fault, double? epsilon = null)
    {
        var vgg = new KerasVgg(content, options, fault, epsilon);
        Sources sources = vgg.Recognise();
        VggModel model = vgg.Load(sources);
        return new WeightsContent(model, format, vgg._notes);
    }

    private Sources Recognise()
    {
        VggArchitecture assumed = Assume();
        Sources sources = BaseSources(assumed);
        VggArchitecture? architecture = null;
        string? reason = _head.Unreadable;
        if (_head.Dense.Count > 0 && reason is null)
        {
            reason = Fit(out architecture, WithHead(sources), assumed);
        }

        if (architecture is not null)
        {
            sources = WithHead(sources);
        }
        else
        {
            reason = ArchitectureRecognition.TryRecognise(Shapes(sources), out architecture, out string? baseReason, assumed) ? reason : throw _fault(baseReason);
            if (reason is not null)
            {
                _notes.Add($"Only the convolutions were read; the head behind them ({KerasHead.Describe(_base.Behind)}) was left out, because {reason}.");
            }
            else if (_head.Pooling is { } pooling)
            {
                _notes.Add($"The file ends in the global pool '{MessageText.Shorten(pooling.Name)}', which has no weights and was left out.");
            }
        }

        _architecture = architecture;
        SettleInputSize();
        Remark();
        return sources;
    }

    /// <summary>What shapes don't tell, from the configuration, the caller, or the rule.</summary>
    private VggArchitecture Assume()
    {
        double? stored = _base.Norms.Count > 0 ? KerasSettings.Number(_base.Norms[0], "epsilon") : null;
        if (_base.Norms.Any(norm => KerasSettings.Number(norm, "epsilon") != stored))
        {
            throw _fault("its batch norms have different epsilons, and a VGG's have one");
        }

        double epsilon = stored ?? _epsilon ?? KerasEpsilon;
        if (_base.Norms.Count > 0 && epsilon is not (> 0 and <= 1))
        {
            throw _fault($"its batch norm's epsilon is {epsilon.ToString(System.Globalization.CultureInfo.InvariantCulture)}, and must be above 0 and at most 1");
        }

        if (_base.Norms.Count > 0 && stored is null && _epsilon is null)
        {
            _notes.Add("The file doesn't say batch norm's epsilon; Keras's default, 0.001, is taken.");
        }

        double[] rates = [.. _base.Behind.Where(operation => operation.Kind == KerasKind.Inert).Select(operation => KerasSettings.Number(operation, "rate") ?? KerasSettings.Number(operation, "p")).OfType<double>().Where(rate => rate is >= 0 and < 1)];
        var assumed = new VggArchitecture
        {
            Configuration = _base.Configuration,
            BatchNorm = _base.Norms.Count > 0,
            BatchNormEpsilon = epsilon,
            FifthPool = _base.FifthPool ?? _options.FifthPool ?? true,
            IncludeTop = false,

            // The one place that tells dropout is a configuration; what it lists none of has none.
            Dropout = !_content.HasConfig ? new VggArchitecture().Dropout : rates.Length > 0 ? rates[0] : 0,
        };
        int? side = _input is { } input && input.Height == input.Width ? input.Height : _options.InputSize;
        return side is >= 32 and <= 4096 ? assumed with { InputSize = side.Value } : assumed;
    }

    private Sources BaseSources(VggArchitecture assumed)
    {
        var sources = new Sources(StringComparer.Ordinal);
        string[] convolutionNames = [.. assumed.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).Select(layer => layer.TorchName!)];
        string[] normNames = [.. assumed.Layers.Where(layer => layer.Kind == VggLayerKind.BatchNormalization).Select(layer => layer.TorchName!)];
        for (int i = 0; i < _base.Convolutions.Count; i++)
        {
            AddPair(sources, _base.Convolutions[i], convolutionNames[i], BiasMayBeMissing(_base.Convolutions[i], _base.Convolutions, i < _base.Norms.Count));
        }

        if (_base.Norms.Count > 0 && _base.Norms.Count != _base.Convolutions.Count)
        {
            throw _fault($"it has {_base.Norms.Count} batch norms behind {_base.Convolutions.Count} convolutions, and a VGG has as many or none");
        }

        for (int i = 0; i < _base.Norms.Count; i++)
        {
            KerasOperation norm = _base.Norms[i];
            IReadOnlyDictionary<string, Hdf5Dataset> weights = norm.Weights!;
            int channels = KerasTensors.Shape(_base.Convolutions[i].Weights![KerasRoles.Kernel])[0];
            sources[$"{normNames[i]}.weight"] = new Source(weights.GetValueOrDefault(KerasRoles.Gamma), channels, 1);
            sources[$"{normNames[i]}.bias"] = new Source(weights.GetValueOrDefault(KerasRoles.Beta), channels, 0);
            sources[$"{normNames[i]}.running_mean"] = new Source(Needed(norm, KerasRoles.MovingMean), channels, 0);
            sources[$"{normNames[i]}.running_var"] = new Source(Needed(norm, KerasRoles.MovingVariance), channels, 0);
        }

        return sources;
    }

    private Sources WithHead(Sources sources)
    {
        var all = new Sources(sources, StringComparer.Ordinal);
        for (int i = 0; i < _head.Dense.Count; i++)
        {
            AddPair(all, _head.Dense[i], $"classifier.{3 * i}", BiasMayBeMissing(_head.Dense[i], _head.Dense, normed: false));
        }

        return all;
    }

    private void AddPair(Sources sources, KerasOperation operation, string torchName, bool biasMayBeMissing)
    {
        Hdf5Dataset kernel = Needed(operation, KerasRoles.Kernel);
        Hdf5Dataset? bias = operation.Weights!.GetValueOrDefault(KerasRoles.Bias);
        if (bias is null && !biasMayBeMissing)
        {
            throw _fault($"layer '{MessageText.Shorten(operation.Name)}' has no bias, and the others have; the file is damaged");
        }

        int outputs = KerasTensors.Shape(kernel)[0];
        sources[$"{torchName}.weight"] = new Source(kernel, 0, 0);
        sources[$"{torchName}.bias"] = new Source(bias, outputs, 0);
    }

    private Hdf5Dataset Needed(KerasOperation operation, string role) =>
        operation.Weights?.GetValueOrDefault(role) ?? throw _fault($"layer '{MessageText.Shorten(operation.Name)}' has no {role}; the file is damaged");

    /// <summary>Keras's <c>use_bias=False</c>: said by the configuration, before batch norm, or where all layers of the kind go without.</summary>
    private static bool BiasMayBeMissing(KerasOperation operation, IReadOnlyList<KerasOperation> alike, bool normed) =>
        KerasSettings.Flag(operation, "use_bias", "bias") is { } used ? !used : normed || alike.All(other => other.Weights?.ContainsKey(KerasRoles.Bias) != true);

    private static Dictionary<string, IReadOnlyList<int>> Shapes(Sources sources) =>
        sources.ToDictionary(pair => pair.Key, pair => pair.Value.Dataset is { } dataset ? KerasTensors.Shape(dataset) : [pair.Value.Length], StringComparer.Ordinal);

    /// <returns>Why the head doesn't fit; null where it does.</returns>
    private string? Fit(out VggArchitecture? architecture, Sources sources, VggArchitecture assumed)
    {
        if (!ArchitectureRecognition.TryRecognise(Shapes(sources), out architecture, out string? reason, assumed))
        {
            return reason;
        }

        if (_input is { } input && MapSide(input.Height, architecture) is var height && MapSide(input.Width, architecture) is var width)
        {
            int side = MapSide(architecture.InputSize, architecture);
            if (height != width || width != side)
            {
                long values = (long)side * side * architecture.BlockWidth(5);
                architecture = null;
                return $"the configuration's input of {input.Height}x{input.Width} pixels gives a map of {height}x{width}, and its first dense layer takes {values:N0} values";
            }
        }

        return null;
    }

    private static int MapSide(int side, VggArchitecture architecture) => side >> (architecture.FifthPool ? 5 : 4);

    /// <summary>The dense layers tell only the map's size, and several inputs give the same map.</summary>
    private void SettleInputSize()
    {
        if (!_architecture.IncludeTop)
        {
            return;
        }

        int side = MapSide(_architecture.InputSize, _architecture);
        int? known = _input?.Height ?? _options.InputSize;
        if (known is >= 32 and <= 4096 && MapSide(known.Value, _architecture) == side)
        {
            _architecture = _architecture with { InputSize = known.Value };
        }
        else if (_architecture.InputSize != 224 && _input is null)
        {
            int stride = _architecture.FifthPool ? 32 : 16;
            _notes.Add($"The file doesn't say its input's size; {_architecture.InputSize} is taken, the smallest of {_architecture.InputSize} to {_architecture.InputSize + stride - 1} that the dense layers allow.");
        }
    }

    private void Remark()
    {
        if (_base.FifthPool is null && _options.FifthPool is null)
        {
            _notes.Add(_architecture.IncludeTop
                ? $"The file doesn't say whether a fifth pool follows the last convolution; it is assumed, as in the paper, with an input of {_architecture.InputSize} pixels. Without it, the same weights are those of a network for {_architecture.InputSize / 2} pixels; say so when reading if that is what they are."
                : "The file doesn't say whether a fifth pool follows the last convolution; it is assumed, as in the paper.");
        }

        string[] unread = [.. _base.Before.Where(operation => operation.Kind is not (KerasKind.Input or KerasKind.Inert or KerasKind.ZeroPadding)).Select(operation => $"'{MessageText.Shorten(operation.Name)}'")];
        if (unread.Length > 0)
        {
            _notes.Add($"What comes before the first convolution ({string.Join(", ", unread)}) was left out; if it changes pixels, they must be prepared in the same way.");
        }

        if (_base.Norms.Count > 0 && !_content.HasConfig && (!_content.ListsLayers || _base.Norms[0].Scope.Length > 0))
        {
            _notes.Add("The file doesn't say whether batch norm comes before the activations or behind; before is taken, as in every VGG with batch norm.");
        }

        if (_architecture.IncludeTop && !_content.HasConfig && _architecture.HiddenDenseLayers > 0 && _head.Dense[0].Name != "fc1")
        {
            _notes.Add("The file doesn't say the activations of its dense layers; ReLU is taken, as in every VGG.");
        }
    }

    private VggModel Load(Sources sources)
    {
        var tensors = new List<ModelTensor>();
        bool narrowed = false;
        bool opaque = false;
        foreach (TensorSpecification specification in _architecture.Tensors)
        {
            Source source = sources[specification.Name];
            if (source.Dataset is not { } dataset)
            {
                tensors.Add(ModelTensor.Filled(specification.Name, source.Length, source.Value));
                continue;
            }

            narrowed |= dataset.Type.Size == 8;
            opaque |= dataset.Type.Class == Hdf5Class.Opaque && dataset.Strings("dtype") is null;
            bool flattened = specification.Name == "classifier.0.weight" && !FlattensChannelsFirst();
            tensors.Add(KerasTensors.Read(dataset, specification.Name, flattened ? _architecture.BlockWidth(5) : null));
        }

        if (narrowed)
        {
            _notes.Add("Its weights are stored as float64 and were rounded to float32.");
        }

        if (opaque)
        {
            _notes.Add("Some of its weights are two bytes of an unnamed type; they are taken as bfloat16, the only such type that Keras writes.");
        }

        return new VggModel(_architecture, tensors);
    }

    /// <summary>
    /// Keras's Flatten brings channels last first, unless the convolutions alone are set to channels first.
    /// </summary>
    private bool FlattensChannelsFirst() =>
        KerasSettings.Text(_base.Convolutions[^1], "data_format") == "channels_first"
        && _base.Behind.FirstOrDefault(operation => operation.Kind == KerasKind.Flatten) is { } flatten
        && KerasSettings.Text(flatten, "data_format") != "channels_first";

    /// <summary>Where a tensor comes from: an array of the file, or a constant of a length.</summary>
    private sealed record Source(Hdf5Dataset? Dataset, int Length, float Value);

    /// <summary>Sources by torchvision's names.</summary>
    private sealed class Sources : Dictionary<string, Source>
    {
        public Sources(StringComparer comparer)
            : base(comparer)
        {
        }

        public Sources(Sources other, StringComparer comparer)
            : base(other, comparer)
        {
        }
    }
}
