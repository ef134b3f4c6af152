using VggTransfer.Architectures;

namespace VggTransfer.Weights.Recognition;

/// <summary>
/// The part of a chain behind the convolutions: either a VGG's dense part (flatten, any number of hidden layers of one
/// width with ReLU, the layer of the classes), or a head of somebody's own, which is described and left out.
/// </summary>
internal sealed class ChainHead
{
    private readonly LayerChain _chain;
    private readonly int _channels;
    private readonly long? _height;
    private readonly long? _width;
    private readonly int _start;
    private readonly List<DenseStep> _layers = [];
    private readonly List<string> _notes = [];
    private int _index;
    private bool _channelsLast;

    /// <param name="chain">The whole chain.</param>
    /// <param name="index">The first step behind the convolutions.</param>
    /// <param name="channels">Channels of the last map.</param>
    /// <param name="height">Its rows, where known.</param>
    /// <param name="width">Its columns, where known.</param>
    public ChainHead(LayerChain chain, int index, int channels, long? height, long? width)
    {
        _chain = chain;
        _start = _index = index;
        _channels = channels;
        _height = height;
        _width = width;
    }

    /// <summary>What was left out behind the logits, as whole sentences.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>What doesn't fit, as the rest of a sentence; null where everything does, or there is nothing.</summary>
    public string? Difference { get; private set; }

    /// <summary>Reads the dense part.</summary>
    /// <param name="layers">The layers, that of the classes last.</param>
    /// <param name="flattenedChannels">Channels, if the first layer's inputs are in row, column, channel order; else 1.</param>
    /// <param name="note">Where there is a head that doesn't fit: what it is, as a whole sentence; null where there is nothing.</param>
    /// <returns>Whether there is one that fits.</returns>
    /// <exception cref="InvalidModelFileException">The layers contradict each other.</exception>
    public bool TryRead(out IReadOnlyList<DenseStep> layers, out int flattenedChannels, out string? note)
    {
        layers = _layers;
        flattenedChannels = 1;
        note = null;
        if (_start == _chain.Steps.Count)
        {
            return false;
        }

        Difference = ReadLayers();
        if (Difference is { } difference)
        {
            note = $"{_chain.HeadNote ?? $"Behind the convolutions the file has a head of its own ({Describe()}), which was left out"}, because {difference}.";
            _notes.Clear();
            return false;
        }

        flattenedChannels = _channelsLast ? _channels : 1;
        return true;
    }

    /// <returns>What doesn't fit, or null.</returns>
    private string? ReadLayers()
    {
        // A pool over a map of one place does nothing; elsewhere torchvision's adaptive pool is none of ours.
        bool isVector = false;
        while (Peek() is GlobalPoolStep or PoolStep)
        {
            if (_height is not 1 || _width is not 1)
            {
                return Peek() is GlobalPoolStep { IsMaximum: true } ? "it takes the maximum over the map" : "it averages over the map";
            }

            _index++;
        }

        if (Peek() is FlattenStep flatten)
        {
            _channelsLast = flatten.ChannelsLast;
            isVector = true;
            _index++;
        }

        int inputs = _channels;
        while (true)
        {
            DenseStep layer;
            switch (Peek())
            {
                case DenseStep dense when isVector:
                    layer = dense;
                    break;
                case ConvolutionStep convolution when !isVector && IsDense(convolution):
                    IReadOnlyList<int> shape = convolution.Kernel.Shape;
                    layer = new DenseStep(convolution.Name, TensorArrangement.Rename(convolution.Kernel, convolution.Kernel.Name, shape[0], shape[1] * shape[2] * shape[3]), IsInputByOutput: false, convolution.Bias);
                    break;
                case FlattenStep or GlobalPoolStep or PoolStep { IsMaximum: false } when !isVector && _layers.Count > 0:
                    // Behind dense layers written as convolutions the map has one place, and all of these do nothing.
                    isVector |= Peek() is FlattenStep;
                    _index++;
                    continue;
                case FlattenStep when isVector:
                    _index++;
                    continue;
                default:
                    return Unexpected();
            }

            if (CheckInputs(layer, inputs) is { } fault)
            {
                return _chain.LeavesHeadOut ? fault : throw Fault(fault);
            }

            inputs = layer.Outputs;
            _layers.Add(layer);
            _index++;
            if (Peek() is not ReluStep)
            {
                return Finish(isVector);
            }

            _index++;
        }
    }

    private string? CheckInputs(DenseStep layer, int inputs)
    {
        bool isFirst = _layers.Count == 0;
        if (isFirst && _height is { } height && _width is { } width)
        {
            long expected = height * width * inputs;
            if (layer.Inputs != expected)
            {
                return $"{layer.Name} takes {layer.Inputs:N0} inputs, and the map before it has {expected:N0} values ({inputs} channels of {height}x{width})";
            }
        }
        else if (isFirst ? layer.Inputs % inputs != 0 : layer.Inputs != inputs)
        {
            return $"{layer.Name} takes {layer.Inputs:N0} inputs, and what stands before it has {inputs:N0} {(isFirst ? "channels" : "outputs")}";
        }

        return null;
    }

    private string? Finish(bool isVector)
    {
        // One more 1x1 place than a vector needs changes nothing.
        while (Peek() is FlattenStep || (!isVector && Peek() is GlobalPoolStep or PoolStep { IsMaximum: false }))
        {
            _index++;
        }

        if (Peek() is OutputActivationStep activation)
        {
            _notes.Add($"The file's network ends in {activation.Operator}, which isn't part of the model read: its logits are what comes before.");
            _index++;
        }

        if (Peek() is ForeignStep { HasWeightsBehind: false } foreign)
        {
            _notes.Add($"Behind the last dense layer {foreign.Name} {foreign.Difference}, so what follows was left out.");
        }
        else if (Peek() is not null)
        {
            return Unexpected();
        }

        if (_layers.Count - 1 > VggArchitecture.MostHiddenDenseLayers)
        {
            return $"it has {_layers.Count - 1} hidden layers, above the limit of {VggArchitecture.MostHiddenDenseLayers}";
        }

        return _layers.SkipLast(1).Select(layer => layer.Outputs).Distinct().Count() <= 1
            ? null
            : "its hidden layers are of different widths, and a VGG's are of one";
    }

    private string Unexpected() => Peek() switch
    {
        null when _layers.Count == 0 => "it holds no dense layer",
        null => "its last layer is followed by ReLU, so the layer of the classes is missing",
        ForeignStep foreign => $"{foreign.Name} {foreign.Difference}",
        DenseStep dense when _layers.Count > 0 => $"no ReLU comes before {dense.Name}",
        { } step => $"{step.Name} has no place in a VGG's dense part",
    };

    private bool IsDense(ConvolutionStep convolution)
    {
        IReadOnlyList<int> shape = convolution.Kernel.Shape;
        long? side = _layers.Count > 0 ? 1 : _height;
        return convolution.Groups == 1 && shape[2] == shape[3] && (side ?? shape[2]) == shape[2]
            && convolution.Pads is not null && convolution.Pads.All(pad => pad == 0)
            && convolution.Dilations.All(dilation => dilation == 1);
    }

    /// <summary>What the head consists of, for people.</summary>
    private string Describe()
    {
        IEnumerable<string> parts = _chain.Steps.Skip(_start).Select(step => step switch
        {
            DenseStep dense => $"dense {dense.Outputs:N0}",
            ConvolutionStep convolution => $"convolution {convolution.Kernel.Shape[0]:N0}",
            GlobalPoolStep pool => pool.IsMaximum ? "global maximum" : "global average",
            PoolStep pool => pool.IsMaximum ? "maximum pool" : "average pool",
            BatchNormStep => "batch norm",
            OutputActivationStep activation => activation.Operator,
            FlattenStep => "flatten",
            ReluStep => "ReLU",
            _ => step.Name,
        });
        string[] known = [.. parts.Take(13)];
        return string.Join(", ", known.Length > 12 ? [.. known.Take(12), "..."] : known);
    }

    private ChainStep? Peek() => _index < _chain.Steps.Count ? _chain.Steps[_index] : null;

    private InvalidModelFileException Fault(string reason) => new(_chain.Path, _chain.Format, reason);
}
