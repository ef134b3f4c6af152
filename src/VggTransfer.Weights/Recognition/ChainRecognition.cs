using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Weights.Recognition;

/// <summary>
/// Recognises a VGG in a chain of layers: convolutions with ReLU and pools in front, dense layers behind. The names of a
/// file play no part; torchvision's names are given by position.
/// </summary>
internal sealed class ChainRecognition
{
    private const int Pools = 5;

    private readonly LayerChain _chain;
    private readonly Dictionary<string, string> _origins = new(StringComparer.Ordinal);
    private readonly List<ModelTensor> _tensors = [];
    private readonly List<string> _notes;
    private int _index;
    private int _pools;
    private int _channels;
    private long? _height;
    private long? _width;
    private double? _epsilon;

    private ChainRecognition(LayerChain chain, List<string> notes)
    {
        _chain = chain;
        _notes = notes;
        _height = chain.Height;
        _width = chain.Width;
    }

    /// <summary>Turns a chain into a model's parts. Every weight is read once, to refuse NaN and infinity.</summary>
    /// <exception cref="InvalidModelFileException">The chain is no VGG; the message says what differs.</exception>
    public static ChainModel Recognise(LayerChain chain)
    {
        List<string> notes = [];
        var recognition = new ChainRecognition(chain.HasWeightsOnly ? ChainCompletion.Complete(chain, notes) : chain, notes);
        recognition.ReadConvolutions();
        return recognition.Finish();
    }

    /// <summary>Reads convolutions and pools up to where the dense part may begin.</summary>
    private void ReadConvolutions()
    {
        IReadOnlyList<ChainStep> steps = _chain.Steps;
        int feature = 0;
        while (_index < steps.Count)
        {
            switch (steps[_index])
            {
                case ConvolutionStep convolution when !IsDense(convolution):
                    ReadConvolution(convolution, ref feature);
                    break;
                case PoolStep { IsMaximum: true } pool when _pools < Pools:
                    ReadPool(pool);
                    feature++;
                    break;
                case PoolStep pool when _pools < Pools:
                    throw Fault($"{pool.Name} is {(pool.IsMaximum ? "a maximum" : "an average")} pool of {Text(pool.Window)} with stride {Text(pool.Strides)}, and a VGG has MaxPool of 2x2 with stride 2 there");
                case ForeignStep { Advice: { } advice } foreign:
                    throw Fault($"{foreign.Name} {foreign.Difference}; {advice}");
                case ForeignStep foreign when !HasAllBlocks:
                    throw Fault($"{foreign.Name} {foreign.Difference}, so this is no VGG");
                case ReluStep or BatchNormStep when _pools < Pools:
                    throw Fault($"{steps[_index].Name} doesn't stand right behind a convolution (batch norm, then ReLU), as a VGG has it");
                default:
                    return;
            }
        }
    }

    // Five pools, or four and at least one convolution behind them (networks for small images).
    private bool HasAllBlocks => _pools == Pools || (_pools == Pools - 1 && _index > 0 && _chain.Steps[_index - 1] is ReluStep);

    /// <summary>Whether a convolution is a dense layer in disguise: without padding, and its window covers the whole map.</summary>
    private bool IsDense(ConvolutionStep convolution)
    {
        int window = convolution.Kernel.Shape[2];
        bool coversMap = convolution.Pads is not null && convolution.Pads.All(pad => pad == 0) && window == convolution.Kernel.Shape[3]
            && (_height ?? window) == window && (_width ?? window) == window;
        return coversMap && (_pools == Pools || (_pools == Pools - 1 && window > 1 && HasAllBlocks));
    }

    private void ReadConvolution(ConvolutionStep convolution, ref int feature)
    {
        CheckConvolution(convolution);
        _channels = convolution.Kernel.Shape[0];
        string name = TorchModules.Feature(feature++);
        Add($"{name}.weight", convolution.Kernel);
        AddVector($"{name}.bias", convolution.Bias, convolution.Bias, _channels, 0);
        _index++;
        if (Peek() is BatchNormStep batchNorm)
        {
            string batchNormName = TorchModules.Feature(feature++);
            AddVector($"{batchNormName}.weight", batchNorm.Scale, batchNorm.Mean, _channels, 1);
            AddVector($"{batchNormName}.bias", batchNorm.Shift, batchNorm.Mean, _channels, 0);
            AddVector($"{batchNormName}.running_mean", batchNorm.Mean, batchNorm.Mean, _channels, 0);
            AddVector($"{batchNormName}.running_var", batchNorm.Variance, batchNorm.Mean, _channels, 0);
            double epsilon = batchNorm.Epsilon ?? _chain.DefaultEpsilon ?? new VggArchitecture().BatchNormEpsilon;
            if (batchNorm.Epsilon is null && _epsilon is null)
            {
                _notes.Add(string.Create(CultureInfo.InvariantCulture, $"The file doesn't say batch norm's epsilon; the default, {epsilon}, was assumed."));
            }

            if (epsilon is not (> 0 and <= 1))
            {
                throw Fault(string.Create(CultureInfo.InvariantCulture, $"its batch norm's epsilon is {epsilon}, and must be above 0 and at most 1"));
            }

            if (_epsilon is not null && _epsilon != epsilon)
            {
                throw Fault(string.Create(CultureInfo.InvariantCulture, $"{batchNorm.Name} has an epsilon of {epsilon} and the ones before it {_epsilon}, and a VGG has one for all"));
            }

            _epsilon = epsilon;
            _index++;
        }

        if (Peek() is not ReluStep)
        {
            string found = Peek() is { } next ? $"is followed by {next.Name}" : "ends the network";
            throw Fault($"{convolution.Name} {found}, and a VGG's convolutions are followed by ReLU (after batch norm, if there is any)");
        }

        feature++;
        _index++;
    }

    private void CheckConvolution(ConvolutionStep convolution)
    {
        IReadOnlyList<int> shape = convolution.Kernel.Shape;
        string? difference = null;
        if (convolution.Groups != 1)
        {
            difference = $"has {convolution.Groups:N0} groups, and a VGG's convolutions have one";
        }
        else if (convolution.Strides.Any(stride => stride != 1))
        {
            difference = $"has stride {Text(convolution.Strides)}, and a VGG's convolutions have stride 1";
        }
        else if (convolution.Dilations.Any(dilation => dilation != 1))
        {
            difference = $"has dilation {Text(convolution.Dilations)}, and a VGG's convolutions have none";
        }
        else if (shape[2] != shape[3] || shape[2] is not (1 or 3))
        {
            difference = $"has a kernel of {shape[2]}x{shape[3]}, and a VGG has only 3x3 (and 1x1 in configuration C)";
        }
        else if (convolution.Pads is not null && convolution.Pads.Any(pad => pad != shape[2] / 2))
        {
            difference = $"pads with {string.Join(", ", convolution.Pads)} (top, left, bottom, right), and a VGG's {shape[2]}x{shape[3]} convolution pads with {shape[2] / 2} on all sides";
        }
        else if (_pools == Pools)
        {
            difference = "stands behind the fifth pool, and a VGG has five blocks";
        }

        if (difference is not null)
        {
            throw Fault($"{convolution.Name} {difference}");
        }
    }

    private void ReadPool(PoolStep pool)
    {
        if (pool.HasPadding || pool.Window.Any(side => side != 2) || pool.Strides.Any(stride => stride != 2))
        {
            throw Fault($"{pool.Name} is a maximum pool of {Text(pool.Window)} with stride {Text(pool.Strides)}{(pool.HasPadding ? " and padding" : "")}, and a VGG has 2x2 with stride 2");
        }

        if (pool.RoundsUp && (_height % 2 == 1 || _width % 2 == 1))
        {
            throw Fault($"{pool.Name} rounds a map of {_height}x{_width} up, and a VGG's pools round down; an input whose sides are multiples of 32 makes no difference");
        }

        _height /= 2;
        _width /= 2;
        _pools++;
        _index++;
    }

    private ChainModel Finish()
    {
        if (_tensors.Count == 0)
        {
            throw Fault(_chain.Steps is [{ } first, ..] ? $"{first.Name} is where a VGG has its first convolution" : "it has no convolution");
        }

        if (!HasAllBlocks)
        {
            string end = Peek() is { } next ? $"before {next.Name}" : "before it ends";
            throw Fault($"it has {_pools} maximum pools {end}, and a VGG has five (or four, with convolutions behind the last)");
        }

        var head = new ChainHead(_chain, _index, _channels, _height, _width);
        bool includeTop = head.TryRead(out IReadOnlyList<DenseStep> layers, out int flattenedChannels, out string? reason);
        if (includeTop)
        {
            for (int i = 0; i < layers.Count; i++)
            {
                DenseStep layer = layers[i];
                string name = TorchModules.Dense(i);
                _origins[$"{name}.weight"] = layer.Weight.Name;
                _tensors.Add(TensorArrangement.Dense(layer.Weight, $"{name}.weight", layer.IsInputByOutput, i == 0 ? flattenedChannels : 1));
                AddVector($"{name}.bias", layer.Bias, layer.Bias, layer.Outputs, 0);
            }
        }
        else if (reason is not null)
        {
            _notes.Add(reason);
        }

        _notes.AddRange(head.Notes);
        VggArchitecture architecture = RecogniseArchitecture(includeTop);
        foreach (ModelTensor tensor in _tensors)
        {
            FiniteWeights.Require(tensor, fault => Fault($"tensor '{MessageText.Shorten(_origins[tensor.Name])}' {fault}"));
        }

        return new ChainModel(architecture, _tensors, _notes) { Origins = [.. _tensors.Select(tensor => _origins[tensor.Name])], HeadDifference = head.Difference };
    }

    private VggArchitecture RecogniseArchitecture(bool includeTop)
    {
        int? side = Side(_chain.Height == _chain.Width ? _chain.Height : null) ?? Side(_chain.Options?.InputSize);
        VggArchitecture assumed = new() { FifthPool = _pools == Pools };
        assumed = assumed with
        {
            BatchNormEpsilon = _epsilon ?? _chain.DefaultEpsilon ?? assumed.BatchNormEpsilon,
            Dropout = _chain.Dropout is >= 0 and < 1 ? _chain.Dropout.Value : assumed.Dropout,
            InputSize = side ?? assumed.InputSize,
        };
        Dictionary<string, IReadOnlyList<int>> shapes = _tensors.ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal);
        VggArchitecture? architecture = null;
        string? reason = includeTop && _chain is { Height: { } height, Width: { } width } && (height != width || Side(height) is null)
            ? $"its input of {height:N0}x{width:N0} pixels isn't a square of {OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.InputSize))}, which its dense layers need here"
            : null;
        if (reason is not null || !ArchitectureRecognition.TryRecognise(shapes, out architecture, out reason, assumed))
        {
            if (!includeTop || !_chain.LeavesHeadOut)
            {
                throw Fault(WithOrigins(reason));
            }

            _tensors.RemoveAll(tensor => tensor.Name.StartsWith(TorchModules.Classifier, StringComparison.Ordinal));
            VggArchitecture convolutions = RecogniseArchitecture(includeTop: false);
            _notes.Add($"{_chain.HeadNote ?? "The head behind the convolutions was left out"}, because {WithOrigins(reason)}.");
            return convolutions;
        }

        return includeTop ? SettleInputSize(architecture, side, inputs: shapes[$"{TorchModules.Dense(0)}.weight"][1]) : architecture;
    }

    private static int? Side(long? pixels) => pixels is >= VggArchitecture.SmallestInput and <= VggArchitecture.LargestInput ? (int)pixels : null;

    /// <summary>Sides that aren't multiples of 32 lose a rest in the pools, which the dense layers' sizes don't tell.</summary>
    private VggArchitecture SettleInputSize(VggArchitecture architecture, int? side, int inputs)
    {
        int smallest = architecture.InputSize;
        int stride = architecture.FifthPool ? 32 : 16;
        if (side / stride == smallest / stride)
        {
            architecture = architecture with { InputSize = side!.Value };
        }
        else if (_chain is { Options: not null, Height: null } && smallest != new VggArchitecture().InputSize)
        {
            _notes.Add($"The file doesn't say its input's size; {smallest} is taken, the smallest of {smallest} to {smallest + stride - 1} that the dense layers allow.");
        }
        else if (_chain is { HasWeightsOnly: true, Options: null, Height: null } && inputs == _channels)
        {
            _notes.Add("Its first dense layer takes one number for each channel: it was read as the flattened map of an image of 32x32, and if the model has global pooling there, take its convolutions alone.");
        }

        if (_chain is { HasWeightsOnly: true, Options: not null, MaximumPools: null })
        {
            _notes.Add($"Without a fifth pool, the same weights are those of a network for {architecture.InputSize / 2} pixels; say so when reading if that is what they are.");
        }

        return architecture;
    }

    /// <summary>Puts the file's own names beside torchvision's.</summary>
    private string WithOrigins(string reason)
    {
        foreach ((string name, string origin) in _origins)
        {
            if (name != origin)
            {
                reason = reason.Replace($"'{name}'", $"'{name}' (here '{MessageText.Shorten(origin)}')", StringComparison.Ordinal);
            }
        }

        return reason;
    }

    private ChainStep? Peek() => _index < _chain.Steps.Count ? _chain.Steps[_index] : null;

    private void Add(string name, ModelTensor tensor)
    {
        _origins[name] = tensor.Name;
        _tensors.Add(TensorArrangement.Rename(tensor, name, tensor.Shape));
    }

    /// <summary>Adds a vector whose shape may have ones around it, such as (1, C, 1, 1); one number stands for all.</summary>
    private void AddVector(string name, ModelTensor? tensor, ModelTensor? origin, int length, float standsFor)
    {
        _origins[name] = (tensor ?? origin)?.Name ?? name;
        if (tensor is null)
        {
            _tensors.Add(ModelTensor.Filled(name, length, standsFor));
        }
        else if (tensor.ElementCount == 1 && length > 1 && !_chain.HasWeightsOnly)
        {
            _tensors.Add(ModelTensor.Filled(name, length, tensor.ToSingles()[0]));
        }
        else
        {
            _tensors.Add(TensorArrangement.Rename(tensor, name, checked((int)tensor.ElementCount)));
        }
    }

    private static string Text(IReadOnlyList<long> sides) => string.Join('x', sides);

    private InvalidModelFileException Fault(string reason) => new(_chain.Path, _chain.Format, reason);
}
