using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Keras.Engine;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;

namespace VggTransfer.Keras.FineTuning;

/// <summary>
/// The network that is fine-tuned, as a list of layers with Keras's names, of which any stretch can be made: what is frozen,
/// what is trained, what gives the features of a first head.
/// </summary>
internal sealed class FineTuningNetwork
{
    public const string Predictions = "predictions";
    public const string NoneFrozen = "none";
    public const string HeadOnly = "head";

    // Keras's 0.99 needs more steps than a fine-tuning has to follow changed weights.
    private const double BatchNormMomentum = 0.9;

    private readonly FineTuningHead _head;
    private readonly double _dropout;
    private readonly double _startingPointPenalty;
    private readonly string[] _names;

    /// <param name="backbone">The pretrained network.</param>
    /// <param name="options">Head, dropout, penalty.</param>
    /// <param name="classes">How many classes there are to tell.</param>
    /// <param name="inputSize">Side of the input at the end; null for the network's own.</param>
    public FineTuningNetwork(VggModel backbone, FineTuningOptions options, int classes, int? inputSize = null)
    {
        VggArchitecture given = backbone.Architecture;
        _head = options.Head;
        _dropout = options.Dropout;
        _startingPointPenalty = options.StartingPointPenalty;
        KeepsDensePart = KeepsDense(given, options.Head);
        Classes = classes;
        Preprocessing = VggTransfer.Onnx.VggOnnxGraph.FamilyOf(backbone);
        Architecture = given with
        {
            IncludeTop = _head == FineTuningHead.Dense,
            HiddenDenseLayers = KeepsDensePart || _head == FineTuningHead.Pooled ? given.HiddenDenseLayers : 2,
            Classes = _head == FineTuningHead.Dense ? classes : given.Classes,
            Dropout = _head == FineTuningHead.Dense ? options.Dropout : given.Dropout,
            InputSize = KeepsDensePart ? given.InputSize : inputSize ?? given.InputSize,
        };
        _names = [.. CreateLayers(Architecture.InputSize).Select(layer => layer.GivenName!)];
        Layer = _head == FineTuningHead.Dense ? FeatureLayer.Fc7 : FeatureLayer.Parse($"{FeatureLayer.LastMap(Architecture)}:avg");
    }

    /// <summary>What the trained network looks like; without its dense part where the head is <see cref="FineTuningHead.Pooled"/>.</summary>
    public VggArchitecture Architecture { get; }

    /// <summary>How many classes there are to tell.</summary>
    public int Classes { get; }

    /// <summary>How pixels are normalised.</summary>
    public PreprocessingFamily Preprocessing { get; }

    /// <summary>Whether the hidden dense layers are the pretrained network's own, so that it takes one input size only.</summary>
    public bool KeepsDensePart { get; }

    /// <summary>Whether there are features that a first head can be fitted on before anything is trained.</summary>
    public bool HasFirstFeatures => _head == FineTuningHead.Pooled || KeepsDensePart;

    /// <summary>What the last layer works on.</summary>
    public FeatureLayer Layer { get; }

    /// <summary>How many layers there are.</summary>
    public int Count => _names.Length;

    /// <summary>The place behind the layer whose output a first head works on.</summary>
    public int FeaturesEnd => _head == FineTuningHead.Pooled ? PlaceOf("average") + 1 : PlaceOf($"fc{Architecture.HiddenDenseLayers}") + 1;

    /// <summary>Whether a network keeps its dense part with a head.</summary>
    public static bool KeepsDense(VggArchitecture architecture, FineTuningHead head) => head == FineTuningHead.Dense && architecture is { IncludeTop: true, HiddenDenseLayers: > 0 };

    /// <summary>The place of the first layer that is trained.</summary>
    /// <param name="freezeUntil">A convolution's name, <c>none</c> or <c>head</c>.</param>
    public int FirstTrained(string freezeUntil) => freezeUntil switch
    {
        NoneFrozen => 0,
        HeadOnly => _head == FineTuningHead.Pooled ? PlaceOf("average") + 1 : PlaceOf("flatten") + 1,
        _ => PlaceOf(freezeUntil),
    };

    /// <summary>The names of the weights in a stretch of layers.</summary>
    public IReadOnlyList<string> WeightNames(int from, int to, int inputSize) =>
        from == to ? [] : Build(from, to, inputSize, new ExecutionOptions()).WeightNames;

    /// <summary>Makes a stretch of the layers; with what comes before it, it takes normalised pixels of that size.</summary>
    /// <param name="from">The first layer.</param>
    /// <param name="to">The layer behind the last one.</param>
    /// <param name="inputSize">Side of the whole network's input in pixels.</param>
    /// <param name="execution">Where and how it computes.</param>
    public Sequential Build(int from, int to, int inputSize, ExecutionOptions execution)
    {
        Layer[] layers = [.. CreateLayers(inputSize)];
        int[] shape = [inputSize, inputSize, 3];
        if (from > 0)
        {
            shape = [.. new Sequential([new Input(shape), .. layers[..from]]).OutputShape];
        }

        return new Sequential([new Input(shape), .. layers[from..to]]) { Execution = execution };
    }

    private int PlaceOf(string name) => Array.IndexOf(_names, name);

    private IEnumerable<Layer> CreateLayers(int inputSize)
    {
        var options = new VggModelOptions
        {
            Naming = SummaryStyle.Applications,
            KernelInitializer = "he_normal",
            ConvolutionRegularizer = _startingPointPenalty > 0 ? new L2StartingPoint(_startingPointPenalty) : null,
            BatchNormMomentum = BatchNormMomentum,
        };
        foreach (Layer layer in VggLayers.Create(Architecture with { InputSize = inputSize }, options))
        {
            yield return layer.GivenName is null ? throw new InvalidOperationException($"A layer of the kind {layer.ClassName} has no name.") : layer;
        }

        if (_head == FineTuningHead.Pooled)
        {
            yield return new GlobalAveragePooling2D("average");
            yield return new Dropout(_dropout, "dropout");
            yield return new Dense(Classes, name: Predictions);
        }
    }
}
