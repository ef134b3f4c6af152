using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Keras.Initializers;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;
using VggTransfer.Training;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.FineTuning;

/// <summary>
/// The network that is fine-tuned, as a list of layers with Keras's names, of which any stretch can be made: what is frozen,
/// what is trained, what gives the features of a first head.
/// </summary>
internal sealed class FineTuningNetwork
{
    public const string Predictions = "predictions";
    public const string NoneFrozen = "none";
    public const string HeadOnly = "head";
    public const string FeatureMeans = $"{Standardize}/mean";
    public const string FeatureScales = $"{Standardize}/scale";

    // Keras's 0.99 needs more steps than a fine-tuning has to follow changed weights.
    private const double BatchNormMomentum = 0.9;

    // Of new dense layers, as in torchvision's VGG. The maps that they work on are far from deviation 1, and what keeps
    // deviations as they are (he_normal) would begin with logits in the tens.
    private const double NewDenseDeviation = 0.01;
    private const string Features = "features";
    private const string Standardize = "standardize";

    private readonly FineTuningHead _head;
    private readonly double _dropout;
    private readonly double _startingPointPenalty;
    private readonly string[] _names;

    // Of all layers that may be chosen, so that what is computed once serves whichever is.
    private readonly PooledMap[] _maps;

    /// <param name="backbone">The pretrained network.</param>
    /// <param name="options">Head, dropout, penalty.</param>
    /// <param name="classes">How many classes there are to tell.</param>
    /// <param name="inputSize">Side of the input at the end; null for the network's own.</param>
    /// <param name="before">What the head of a classifier that is continued works on; null for none.</param>
    /// <exception cref="FeatureLayerNotFoundException">The network doesn't have the layer that was asked for.</exception>
    public FineTuningNetwork(VggModel backbone, FineTuningOptions options, int classes, int? inputSize = null, FeatureLayer? before = null)
    {
        VggArchitecture given = backbone.Architecture;
        _head = options.Head;
        _dropout = options.Dropout;
        _startingPointPenalty = options.StartingPointPenalty;
        KeepsDensePart = KeepsDense(given, options.Head);
        Classes = classes;
        Preprocessing = VggOnnxGraph.FamilyOf(backbone);
        Architecture = given with
        {
            IncludeTop = _head == FineTuningHead.Dense,
            HiddenDenseLayers = KeepsDensePart || _head == FineTuningHead.Pooled ? given.HiddenDenseLayers : 2,
            Classes = _head == FineTuningHead.Dense ? classes : given.Classes,
            Dropout = _head == FineTuningHead.Dense ? options.Dropout : given.Dropout,
            InputSize = KeepsDensePart ? given.InputSize : inputSize ?? given.InputSize,
        };
        Candidates = _head == FineTuningHead.Dense ? [FeatureLayer.Fc7] : (options.Layer ?? before) is { } wished ? [wished] : VggBackbone.CandidatesOf(Architecture);
        Layer = FeatureLayer.Union(Candidates);
        _maps = _head == FineTuningHead.Dense ? [] : [.. MapsOf(Layer).OrderBy(map => map.LayerName, StringComparer.Ordinal).ThenBy(map => map.Pooling)];
        _names = [.. CreateLayers(Architecture.InputSize).Select(layer => layer.GivenName!)];
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

    /// <summary>Whether the last layer works on standardised features.</summary>
    public bool StandardizesFeatures => _head == FineTuningHead.Pooled;

    /// <summary>What the last layer works on: all that it may work on until <see cref="With"/> has said what was chosen.</summary>
    public FeatureLayer Layer { get; private set; }

    /// <summary>What the last layer may work on, smallest first.</summary>
    public IReadOnlyList<FeatureLayer> Candidates { get; }

    /// <summary>How many layers there are.</summary>
    public int Count => _names.Length;

    /// <summary>The place behind the layer whose output a first head works on.</summary>
    public int FeaturesEnd => _head == FineTuningHead.Pooled ? PlaceOf(Features) + 1 : PlaceOf($"fc{Architecture.HiddenDenseLayers}") + 1;

    /// <summary>Whether a network keeps its dense part with a head.</summary>
    public static bool KeepsDense(VggArchitecture architecture, FineTuningHead head) => head == FineTuningHead.Dense && architecture is { IncludeTop: true, HiddenDenseLayers: > 0 };

    /// <summary>The pooled maps that go over the border before a layer, beside the map there, as text.</summary>
    public string DescribePassing(int place) => string.Join('+', Passing(place).Select(map => $"{map.LayerName} {map.Pooling}"));

    /// <summary>The same network, whose head works on one of the candidates.</summary>
    public FineTuningNetwork With(FeatureLayer layer)
    {
        var network = (FineTuningNetwork)MemberwiseClone();
        network.Layer = layer;
        return network;
    }

    /// <summary>The place of the first layer that is trained.</summary>
    /// <param name="freezeUntil">A convolution's name, <c>none</c> or <c>head</c>.</param>
    public int FirstTrained(string freezeUntil) => freezeUntil switch
    {
        NoneFrozen => 0,
        HeadOnly => _head == FineTuningHead.Pooled ? PlaceOf(Features) : PlaceOf("flatten") + 1,
        _ => PlaceOf(freezeUntil),
    };

    /// <summary>Makes a stretch of the layers; with what comes before it, it takes normalised pixels of that size.</summary>
    /// <param name="from">The first layer.</param>
    /// <param name="to">The layer behind the last one.</param>
    /// <param name="inputSize">Side of the whole network's input in pixels.</param>
    /// <param name="execution">Where and how it computes.</param>
    public Sequential Build(int from, int to, int inputSize, ExecutionOptions execution)
    {
        Layer[] layers = [.. CreateLayers(inputSize)];
        List<Layer> stretch = [.. layers[from..to]];
        IReadOnlyList<int> shape = [inputSize, inputSize, 3];
        if (from > 0)
        {
            shape = new Sequential([new Input([.. shape]), .. layers[..from]]).OutputShape;
            if (Entrance(from, shape) is { } entrance)
            {
                shape = entrance.RowShape;
                stretch.Insert(0, entrance);
            }
        }

        if (Passing(to) is { Length: > 0 } passing)
        {
            stretch.Add(new PooledMaps(passing, keepsInput: !IsBeforeFeatures(to), "passing"));
        }

        return new Sequential([new Input([.. shape]), .. stretch]) { Execution = execution };
    }

    /// <summary>What takes apart that which comes over the border before a layer; null where that is a map alone, which nothing pools.</summary>
    private CarriedMaps? Entrance(int place, IReadOnlyList<int> mapShape)
    {
        PooledMap[] passing = Passing(place);
        string before = _names[place - 1];
        return IsBeforeFeatures(place) ? new CarriedMaps(null, passing, "passed")
            : passing.Length > 0 || _maps.Any(map => map.LayerName == before) ? new CarriedMaps(mapShape, passing, before)
            : null;
    }

    /// <summary>The pooled maps that must go over the border before a layer: what that layer's own input doesn't give.</summary>
    private PooledMap[] Passing(int place) =>
        IsBeforeFeatures(place) ? _maps : place < PlaceOf(Features) ? [.. _maps.Where(map => PlaceOf(map.LayerName) < place - 1)] : [];

    private bool IsBeforeFeatures(int place) => place == PlaceOf(Features);

    private PooledMap[] MapsOf(FeatureLayer layer) =>
    [
        .. layer.Sources.Select(source =>
        {
            VggLayer located = VggFeatureLayers.Locate(source, Architecture);
            bool isNormed = Architecture.BatchNorm && located.Kind == VggLayerKind.Convolution;
            return new PooledMap(isNormed ? $"{located.Name}_relu" : located.Name, source.Pooling, located.Output.Channels, source.Normalization);
        }),
    ];

    private int PlaceOf(string name) => Array.IndexOf(_names, name);

    private IEnumerable<Layer> CreateLayers(int inputSize)
    {
        var options = new VggModelOptions
        {
            Naming = SummaryStyle.Applications,
            KernelInitializer = new RandomNormal(stddev: NewDenseDeviation),
            ConvolutionRegularizer = _startingPointPenalty > 0 ? new L2StartingPoint(_startingPointPenalty) : null,
            BatchNormMomentum = BatchNormMomentum,
        };
        foreach (Layer layer in VggLayers.Create(Architecture with { InputSize = inputSize }, options))
        {
            yield return layer.GivenName is null ? throw new InvalidOperationException($"A layer of the kind {layer.ClassName} has no name.") : layer;
        }

        if (_head == FineTuningHead.Pooled)
        {
            yield return new PooledMaps(MapsOf(Layer), keepsInput: false, Features);
            yield return new Standardization(Standardize);
            yield return new Dropout(_dropout, "dropout");
            yield return new Dense(Classes, name: Predictions);
        }
    }
}
