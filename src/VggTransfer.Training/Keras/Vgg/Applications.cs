using VggTransfer.Architectures;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Models;

namespace VggTransfer.Keras.Vgg;

/// <summary>Whole networks, as <c>keras.applications</c> has them (keras/src/applications/vgg16.py), and any other VGG.</summary>
public static class Applications
{
    private const int DefaultSide = 224;
    private const int SmallestSide = 32;

    /// <summary>
    /// VGG16 with the layer names of <c>keras.applications</c>: <c>input_1</c>, <c>block1_conv1</c>, ..., <c>fc1</c>,
    /// <c>fc2</c>, <c>predictions</c>.
    /// </summary>
    /// <param name="includeTop">Whether the dense part is there.</param>
    /// <param name="weights">Weights of a VGG16; null for random ones. Keras's default, ImageNet's, must be given here.</param>
    /// <param name="inputShape">(height, width, channels), each side 32 or more; (224, 224, 3) if left out.</param>
    /// <param name="pooling">
    /// Without the dense part: null for the last map, <c>avg</c> or <c>max</c> for a vector of its channels' averages or
    /// maxima.
    /// </param>
    /// <param name="classes">Classes of the last layer; as many as the weights have, if weights with a dense part are given.</param>
    /// <param name="classifierActivation">Activation of the last layer; null for logits.</param>
    /// <exception cref="ArgumentException">The arguments contradict each other, or a name is unknown.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of its range.</exception>
    public static Functional VGG16(
        bool includeTop = true,
        VggModel? weights = null,
        (int Height, int Width, int Channels)? inputShape = null,
        string? pooling = null,
        int classes = 1000,
        string? classifierActivation = "softmax") =>
        Create(VggConfiguration.D, includeTop, weights, inputShape, pooling, classes, classifierActivation);

    /// <summary>VGG19; see <see cref="VGG16"/>.</summary>
    /// <inheritdoc cref="VGG16"/>
    public static Functional VGG19(
        bool includeTop = true,
        VggModel? weights = null,
        (int Height, int Width, int Channels)? inputShape = null,
        string? pooling = null,
        int classes = 1000,
        string? classifierActivation = "softmax") =>
        Create(VggConfiguration.E, includeTop, weights, inputShape, pooling, classes, classifierActivation);

    /// <summary>Any VGG: batch norm, width, input size, dense part, dropout and the fifth pool are the architecture's.</summary>
    /// <param name="architecture">
    /// What to build. Its batch norm's epsilon is PyTorch's unless it says otherwise; Keras's default is 1e-3.
    /// </param>
    /// <param name="options">Names, initial values and penalties; null for Keras's defaults and a Sequential's names.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    /// <exception cref="ArgumentException">The last activation is unknown.</exception>
    public static Model Vgg(VggArchitecture architecture, VggModelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        options ??= new VggModelOptions();
        (int, int, int) shape = (architecture.InputSize, architecture.InputSize, 3);
        return options.Naming == SummaryStyle.Applications
            ? new Functional(new Input(shape), VggLayers.Create(architecture, options), options.ModelName ?? NameOf(architecture))
            : new Sequential(VggLayers.Create(architecture, options, shape), options.ModelName);
    }

    private static Functional Create(
        VggConfiguration configuration,
        bool includeTop,
        VggModel? weights,
        (int Height, int Width, int Channels)? inputShape,
        string? pooling,
        int classes,
        string? classifierActivation)
    {
        // Like keras.applications' own, these networks have no dropout.
        var architecture = new VggArchitecture { Configuration = configuration, IncludeTop = includeTop, Classes = classes, Dropout = 0 };
        (int Height, int Width, int Channels) shape = inputShape ?? (DefaultSide, DefaultSide, 3);
        CheckShape(shape, nameof(inputShape));
        CheckWeights(architecture, weights, shape);
        IEnumerable<Layer> layers = VggLayers.Create(architecture, new VggModelOptions { Naming = SummaryStyle.Applications, ClassifierActivation = classifierActivation });
        if (!includeTop)
        {
            layers = layers.Concat(Pooling(pooling));
        }

        var model = new Functional(new Input(shape), layers, NameOf(architecture));
        if (weights is not null)
        {
            model.LoadWeights(weights);
        }

        return model;
    }

    private static string NameOf(VggArchitecture architecture) => $"vgg{architecture.WeightedLayers}";

    private static IEnumerable<Layer> Pooling(string? pooling) => pooling switch
    {
        null => [],
        "avg" => [new GlobalAveragePooling2D()],
        "max" => [new GlobalMaxPooling2D()],
        _ => throw new ArgumentException($"There is no pooling '{pooling}'; there are avg, max and null.", nameof(pooling)),
    };

    private static void CheckShape((int Height, int Width, int Channels) shape, string argument)
    {
        if (shape.Height < SmallestSide || shape.Width < SmallestSide)
        {
            throw new ArgumentOutOfRangeException(argument, shape, $"A VGG's input must be {SmallestSide} pixels high and wide or more, and it is {shape.Height}x{shape.Width}.");
        }
    }

    private static void CheckWeights(VggArchitecture architecture, VggModel? weights, (int Height, int Width, int Channels) shape)
    {
        if (weights is null)
        {
            return;
        }

        VggArchitecture given = weights.Architecture;
        string name = NameOf(architecture).ToUpperInvariant();
        if (given.Configuration != architecture.Configuration || given.BatchNorm || given.WidthMultiplier != 1)
        {
            throw new ArgumentException($"The weights are those of {given.DisplayName}, and this is a plain {name}; use Applications.Vgg for others.", nameof(weights));
        }

        if (shape.Channels != 3)
        {
            throw new ArgumentException($"The weights take 3 channels, and the input has {shape.Channels}.", nameof(weights));
        }

        if (!architecture.IncludeTop)
        {
            return;
        }

        if (!given.IncludeTop)
        {
            throw new ArgumentException("The weights have no dense part; ask for none (includeTop: false).", nameof(weights));
        }

        if (given.Classes != architecture.Classes)
        {
            throw new ArgumentException($"The weights have {given.Classes} classes, and {architecture.Classes} were asked for; ask for as many, or for no dense part (includeTop: false) and put another behind it.", nameof(weights));
        }

        if (given.InputSize != shape.Height || given.InputSize != shape.Width || !given.FifthPool)
        {
            throw new ArgumentException($"The weights' dense part takes images of {given.InputSize}x{given.InputSize} pixels{(given.FifthPool ? "" : " without a fifth pool")}, and the input is {shape.Height}x{shape.Width}; ask for no dense part (includeTop: false) to use another size.", nameof(weights));
        }
    }
}
