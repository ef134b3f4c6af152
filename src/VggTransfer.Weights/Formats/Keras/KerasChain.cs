using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Hdf5;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>
/// Describes a Keras file's layers as a chain, and refuses settings that change what a layer computes. Weights are read later,
/// once the chain has turned out to be a VGG.
/// </summary>
internal sealed class KerasChain
{
    // keras.layers.BatchNormalization's default.
    private const double KerasEpsilon = 1e-3;

    private readonly KerasContent _content;
    private readonly Hdf5File _file;
    private readonly KerasWeights _weights;
    private readonly List<ChainStep> _steps = [];
    private readonly List<string> _notes = [];
    private readonly List<string> _head = [];

    // The model whose convolutions these are, nested or the outermost; null where they lie in several.
    private readonly string? _scope;
    private readonly KerasOperation[] _convolutions;
    private readonly KerasOperation[] _dense;
    private readonly (int Height, int Width)? _input;
    private readonly bool _hasNorms;
    private readonly double? _epsilon;
    private KerasOperation? _flatten;
    private double? _dropout;
    private bool _padded;
    private int _denseSeen;

    private KerasChain(KerasContent content, Hdf5File file, double? epsilon)
    {
        _content = content;
        _file = file;
        _weights = new KerasWeights(file);
        _epsilon = epsilon;
        KerasOperation[] all = [.. content.Operations.Where(operation => operation.Kind == KerasKind.Convolution)];
        _scope = all.GroupBy(operation => operation.Scope).FirstOrDefault(scope => VggConfigurationTable.HasConvolutions(scope.Count()))?.Key;
        _convolutions = [.. all.Where(operation => _scope is null || operation.Scope == _scope)];
        _dense = [.. content.Operations.Where(operation => operation.Kind == KerasKind.Dense)];
        _hasNorms = content.Operations.TakeWhile(operation => operation != _convolutions.LastOrDefault()).Any(operation => operation.Kind == KerasKind.BatchNormalization);
        _input = content.Operations.Select(KerasSettings.InputSize).FirstOrDefault(size => size is not null);
    }

    /// <summary>Reads the model; its weights are copies, so the file may be closed.</summary>
    /// <param name="content">The file's layers.</param>
    /// <param name="file">The file.</param>
    /// <param name="format">What the file is.</param>
    /// <param name="options">What the caller knows.</param>
    /// <param name="epsilon">Batch normalisation's epsilon, for files that don't say; null for Keras's default, 1e-3.</param>
    /// <exception cref="InvalidModelFileException">It holds no VGG.</exception>
    public static WeightsContent Read(KerasContent content, Hdf5File file, WeightsFormat format, WeightsReadOptions options, double? epsilon = null)
    {
        var keras = new KerasChain(content, file, epsilon);
        ChainModel found = ChainRecognition.Recognise(keras.Create(options));
        string[] activations = found.Architecture is { IncludeTop: true, HiddenDenseLayers: > 0 } && !content.HasConfig && keras._dense[0].Name != "fc1"
            ? ["The file doesn't say the activations of its dense layers; ReLU is taken, as in every VGG."]
            : [];
        return new WeightsContent(new VggModel(found.Architecture, found.Tensors), format, [.. keras._notes, .. found.Notes, .. activations, .. keras._weights.Notes]);
    }

    private LayerChain Create(WeightsReadOptions options)
    {
        if (_convolutions.Length == 0)
        {
            throw _file.Fault("none of its layers is a convolution, so it holds no VGG");
        }

        KerasOperation[] before = [.. _content.Operations.TakeWhile(operation => operation != _convolutions[0])];
        string[] unread = [.. before.Where(operation => operation.Kind is not (KerasKind.Input or KerasKind.Inert or KerasKind.ZeroPadding)).Select(operation => $"'{Name(operation)}'")];
        if (unread.Length > 0)
        {
            _notes.Add($"What comes before the first convolution ({string.Join(", ", unread)}) was left out; if it changes pixels, they must be prepared in the same way.");
        }

        bool behind = false;
        bool inHead = false;
        foreach (KerasOperation operation in _content.Operations.Skip(before.Length))
        {
            inHead |= behind && !BelongsBehindConvolution(operation);
            if (inHead)
            {
                AddToHead(operation);
            }
            else
            {
                AddToBase(operation);
            }

            behind |= operation == _convolutions[^1];
        }

        CheckNormsOfLists(before.Length);
        return new LayerChain(_file.Path, Hdf5File.FormatName, _steps)
        {
            HasWeightsOnly = !_content.HasConfig,
            MaximumPools = _content.PoolCount is 4 or 5 ? _content.PoolCount : null,
            DefaultEpsilon = KerasEpsilon,
            Height = _input?.Height,
            Width = _input?.Width,

            // The one place that tells dropout is a configuration; what it lists none of has none.
            Dropout = _content.HasConfig ? _dropout ?? 0 : null,
            Options = options,
            LeavesHeadOut = true,
            HeadNote = $"Only the convolutions were read; the head behind them ({string.Join(", ", _head)}) was left out",
        };
    }

    /// <summary>
    /// Where the layers are listed without settings and batch norm is followed by the next convolution or pool at once, the
    /// activation can only be inside the convolution: before batch norm, not behind it.
    /// </summary>
    private void CheckNormsOfLists(int first)
    {
        if (_content.HasConfig || !_hasNorms)
        {
            return;
        }

        if (!_content.ListsLayers || _convolutions[0].Scope.Length > 0)
        {
            _notes.Add("The file doesn't say whether batch norm comes before the activations or behind; before is taken, as in every VGG with batch norm.");
            return;
        }

        KerasOperation[] listed = [.. _content.Operations.Skip(first)];
        foreach ((KerasOperation norm, KerasOperation next) in listed.Zip(listed.Skip(1)).TakeWhile(pair => pair.First != _convolutions[^1]))
        {
            if (norm.Kind == KerasKind.BatchNormalization && next.Kind is KerasKind.Convolution or KerasKind.MaxPooling)
            {
                throw _file.Fault($"no activation is listed behind batch norm '{Name(norm)}', so it comes before, and a VGG's comes behind; that isn't supported");
            }
        }
    }

    private bool IsInScope(KerasOperation operation) => _scope is null or "" || operation.Scope == _scope;

    /// <summary>Batch norm, activation and pool of the last convolution aren't yet the head.</summary>
    private bool BelongsBehindConvolution(KerasOperation operation) => IsInScope(operation) && operation.Kind switch
    {
        KerasKind.BatchNormalization => _steps[^1] is ConvolutionStep && (_content.HasConfig || _hasNorms),
        KerasKind.Activation => _steps[^1] is ConvolutionStep or BatchNormStep,
        KerasKind.MaxPooling => _steps[^1] is not PoolStep && operation.Linked,
        KerasKind.Inert or KerasKind.Input => operation.Linked,
        KerasKind.Other => operation.Weights is null && !_content.HasConfig,
        _ => false,
    };

    private void AddToBase(KerasOperation operation)
    {
        string name = Name(operation);
        if (!operation.Linked && _steps.Count > 0)
        {
            throw _file.Fault($"layer '{name}' takes more than the output of the layer before it, and a VGG is a plain chain");
        }

        switch (operation.Kind)
        {
            case KerasKind.Convolution:
                AddConvolution(operation);
                _padded = false;
                break;
            case KerasKind.BatchNormalization when _steps[^1] is ConvolutionStep:
                _steps.Add(new BatchNormStep($"batch norm '{name}'", _weights.Find(operation, KerasRoles.Gamma), _weights.Find(operation, KerasRoles.Beta), _weights.Needed(operation, KerasRoles.MovingMean), _weights.Needed(operation, KerasRoles.MovingVariance), KerasSettings.Number(operation, "epsilon") ?? _epsilon));
                break;
            case KerasKind.BatchNormalization:
                throw _file.Fault(_steps[^1] is ReluStep
                    ? $"batch norm '{name}' comes behind an activation, and a VGG's comes before; that isn't supported"
                    : $"batch norm '{name}' doesn't follow a convolution, and a VGG's do");
            case KerasKind.Activation:
                AddRelu(KerasSettings.Activation(operation) is null or "relu" ? operation : throw _file.Fault($"activation '{name}' isn't a plain ReLU, and a VGG's are"));
                break;
            case KerasKind.MaxPooling:
                AddPool(operation);
                break;
            case KerasKind.ZeroPadding when KerasSettings.IsAll(operation, 1, "padding") ?? true:
                _padded = true;
                break;
            case KerasKind.Inert or KerasKind.Input:
                break;
            case KerasKind.Other when operation.Weights is null && !_content.HasConfig:
                // A name that says nothing; it may be a dropout, or an activation.
                break;
            default:
                throw _file.Fault($"layer '{name}' stands among the convolutions, and a VGG has no such layer there");
        }
    }

    private void AddConvolution(KerasOperation operation)
    {
        string name = Name(operation);
        if (_content.HasConfig && _steps is [.., ConvolutionStep or BatchNormStep])
        {
            throw _file.Fault($"no activation comes before layer '{name}', and a VGG has ReLU behind each convolution");
        }

        ModelTensor kernel = _weights.Needed(operation, KerasRoles.Kernel);
        if (kernel.Shape.Count != 4)
        {
            throw _file.Fault($"convolution '{name}' has no kernel of 4 dimensions; the file is damaged");
        }

        // (64, 3, 3, 3) could be either way only at a width of 3 filters.
        IReadOnlyList<long> dimensions = operation.Weights![KerasRoles.Kernel].Space.Dimensions;
        if (_steps.Count == 0 && dimensions is [not 3, 3 or 1, 3, 3])
        {
            throw _file.Fault("its kernels are in Theano's order (filters first); load it into Keras with TensorFlow's order and save it again");
        }

        if (KerasSettings.IsAll(operation, 1, "strides", "subsample") == false)
        {
            throw _file.Fault($"convolution '{name}' has a stride, and a VGG's have none");
        }

        if (KerasSettings.IsAll(operation, 1, "dilation_rate") == false || KerasSettings.IsAll(operation, 1, "groups") == false)
        {
            throw _file.Fault($"convolution '{name}' is dilated or grouped, and a VGG's aren't");
        }

        // 1x1 kernels have no edge to pad.
        string? padding = KerasSettings.Text(operation, "padding", "border_mode");
        if (padding is not null && dimensions is not [1, 1, ..] && padding != (_padded ? "valid" : "same"))
        {
            throw _file.Fault($"convolution '{name}' has the padding '{MessageText.Shorten(padding)}', and a VGG's keep the map's size");
        }

        string? activation = KerasSettings.Activation(operation);
        if (activation is not (null or "relu" or "linear"))
        {
            throw _file.Fault($"convolution '{name}' has the activation '{MessageText.Shorten(activation)}', and a VGG's have ReLU");
        }

        _steps.Add(new ConvolutionStep($"layer '{name}'", kernel, _weights.Bias(operation, _convolutions, _hasNorms)));
        if (activation == "relu")
        {
            AddRelu(operation);
        }
    }

    private void AddPool(KerasOperation operation)
    {
        if (KerasSettings.IsAll(operation, 2, "pool_size") == false || KerasSettings.IsAll(operation, 2, "strides") == false)
        {
            throw _file.Fault($"pool '{Name(operation)}' isn't 2x2 with stride 2, and a VGG's are");
        }

        bool roundsUp = KerasSettings.Text(operation, "padding", "border_mode") is "same";
        if (roundsUp && _input is null)
        {
            throw _file.Fault($"pool '{Name(operation)}' pads its map to even sizes, and a VGG's don't");
        }

        _steps.Add(new PoolStep($"pool '{Name(operation)}'", IsMaximum: true, [2, 2], [2, 2]) { RoundsUp = roundsUp });
    }

    private void AddToHead(KerasOperation operation)
    {
        string name = Name(operation);
        if (operation.Kind is not (KerasKind.Input or KerasKind.Inert))
        {
            _head.Add(operation.Kind == KerasKind.Dense && operation.Weights?.GetValueOrDefault(KerasRoles.Kernel)?.Space.Dimensions is [_, var units] ? $"{name} ({units})" : name);
        }

        if (operation.Weights is null && _dense.Length == 0)
        {
            if (operation.Kind == KerasKind.GlobalPooling)
            {
                _notes.Add($"The file ends in the global pool '{name}', which has no weights and was left out.");
            }

            return;
        }

        switch (operation.Kind)
        {
            case KerasKind.Inert:
                double? rate = KerasSettings.Number(operation, "rate") ?? KerasSettings.Number(operation, "p");
                _dropout ??= rate is >= 0 and < 1 ? rate : null;
                break;
            case var _ when _steps[^1] is ForeignStep:
                break;
            case var _ when !operation.Linked:
                AddForeign($"layer '{name}'", "takes more than the output of the layer before it");
                break;
            case KerasKind.Flatten:
                _flatten = operation;
                break;
            case KerasKind.GlobalPooling:
                AddForeign($"the global pool '{name}'", "comes before its dense layers");
                break;
            case KerasKind.Dense:
                AddDense(operation);
                break;
            case KerasKind.Activation when KerasSettings.Activation(operation) is null or "relu":
                AddRelu(operation);
                break;
            case KerasKind.Activation when _denseSeen < _dense.Length && KerasSettings.Activation(operation) is { } activation and not "linear":
                AddForeign($"activation '{name}'", $"is '{MessageText.Shorten(activation)}' instead of ReLU");
                break;
            case KerasKind.Activation or KerasKind.Input:
            case KerasKind.Other when operation.Weights is null && !_content.HasConfig:
                break;
            default:
                AddForeign($"layer '{name}'", "is none that a VGG's head has");
                break;
        }
    }

    private void AddDense(KerasOperation operation)
    {
        string name = Name(operation);
        if (operation.Weights?.GetValueOrDefault(KerasRoles.Kernel)?.Space.Dimensions.Count != 2)
        {
            AddForeign($"layer '{name}'", "has no kernel of 2 dimensions");
            return;
        }

        int inputs = _weights.Needed(operation, KerasRoles.Kernel).Shape[1];
        int? mapChannels = null;
        if (_denseSeen++ == 0)
        {
            int channels = _steps.OfType<ConvolutionStep>().Last().Kernel.Shape[0];
            mapChannels = inputs % channels == 0 && !FlattensChannelsFirst() ? channels : null;
            if (inputs == channels && _flatten is null && operation.Name != "fc1")
            {
                AddForeign("its first dense layer", "takes one value for each channel, as behind a global pool");
                return;
            }

            if (_content.HasConfig)
            {
                _steps.Add(new FlattenStep($"layer '{Name(_flatten ?? operation)}'", ChannelsLast: false));
            }
        }

        _steps.Add(new DenseStep($"layer '{name}'", _weights.Needed(operation, KerasRoles.Kernel, mapChannels), IsInputByOutput: false, _weights.Bias(operation, _dense, beforeNorm: false)));
        if (_denseSeen < _dense.Length && KerasSettings.Activation(operation) is { } activation and not "linear")
        {
            if (activation == "relu")
            {
                AddRelu(operation);
            }
            else
            {
                AddForeign($"layer '{name}'", $"has the activation '{MessageText.Shorten(activation)}' instead of ReLU");
            }
        }
    }

    /// <summary>Elsewhere a ReLU changes nothing, or is behind the logits.</summary>
    private void AddRelu(KerasOperation operation)
    {
        if (_steps[^1] is ConvolutionStep or BatchNormStep || (_steps[^1] is DenseStep && _denseSeen < _dense.Length))
        {
            _steps.Add(new ReluStep($"the activation '{Name(operation)}'"));
        }
    }

    private void AddForeign(string name, string difference) => _steps.Add(new ForeignStep(name, difference) { HasWeightsBehind = true });

    /// <summary>
    /// Keras's Flatten brings channels last first, unless the convolutions alone are set to channels first.
    /// </summary>
    private bool FlattensChannelsFirst() =>
        KerasSettings.Text(_convolutions[^1], "data_format") == "channels_first"
        && _flatten is not null
        && KerasSettings.Text(_flatten, "data_format") != "channels_first";

    private static string Name(KerasOperation operation) => MessageText.Shorten(operation.Name);
}
