using System.Text.RegularExpressions;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Tells what a layer does by its class, or by the name that Keras gave it after its class.</summary>
internal static partial class KerasKinds
{
    private static readonly Dictionary<string, KerasKind> s_byClass = new(StringComparer.OrdinalIgnoreCase)
    {
        ["InputLayer"] = KerasKind.Input,
        ["Input"] = KerasKind.Input,
        ["Conv2D"] = KerasKind.Convolution,
        ["Convolution2D"] = KerasKind.Convolution,
        ["BatchNormalization"] = KerasKind.BatchNormalization,
        ["BatchNormalizationV1"] = KerasKind.BatchNormalization,
        ["BatchNormalizationV2"] = KerasKind.BatchNormalization,
        ["Activation"] = KerasKind.Activation,
        ["ReLU"] = KerasKind.Activation,
        ["Softmax"] = KerasKind.Activation,
        ["MaxPooling2D"] = KerasKind.MaxPooling,
        ["MaxPool2D"] = KerasKind.MaxPooling,
        ["ZeroPadding2D"] = KerasKind.ZeroPadding,
        ["Flatten"] = KerasKind.Flatten,
        ["GlobalAveragePooling2D"] = KerasKind.GlobalPooling,
        ["GlobalMaxPooling2D"] = KerasKind.GlobalPooling,
        ["GlobalAvgPool2D"] = KerasKind.GlobalPooling,
        ["GlobalMaxPool2D"] = KerasKind.GlobalPooling,
        ["Dense"] = KerasKind.Dense,
        ["Dropout"] = KerasKind.Inert,
        ["SpatialDropout2D"] = KerasKind.Inert,
        ["AlphaDropout"] = KerasKind.Inert,
        ["GaussianDropout"] = KerasKind.Inert,
        ["GaussianNoise"] = KerasKind.Inert,
        ["ActivityRegularization"] = KerasKind.Inert,
    };

    private static readonly Dictionary<string, KerasKind> s_bySnakeCase =
        s_byClass.ToDictionary(pair => SnakeCase(pair.Key), pair => pair.Value, StringComparer.Ordinal);

    /// <summary>By the class's name in a configuration.</summary>
    public static KerasKind OfClass(string name) => s_byClass.GetValueOrDefault(name, KerasKind.Other);

    /// <summary>By a default name such as <c>max_pooling2d_3</c>, or one of keras.applications such as <c>block3_pool</c>.</summary>
    public static KerasKind OfName(string name)
    {
        if (s_bySnakeCase.TryGetValue(StripCounter(name), out KerasKind kind))
        {
            return kind;
        }

        // In keras.applications and in models after its example; average pools keep their class's name.
        return PoolName().IsMatch(name) ? KerasKind.MaxPooling : KerasKind.Other;
    }

    /// <summary>The name of a class as Keras spells it in layer names: <c>Conv2D</c> is <c>conv2d</c>, <c>ReLU</c> is <c>re_lu</c>.</summary>
    public static string SnakeCase(string name)
    {
        string words = WordStart().Replace(name, "$1_$2");
        return LowerThenUpper().Replace(words, "$1_$2").ToLowerInvariant();
    }

    /// <summary>A name without the counter that Keras puts behind: <c>conv2d_13</c> is <c>conv2d</c>.</summary>
    public static string StripCounter(string name) => Counter().Replace(name, "");

    /// <summary>The counter behind a name; 0 where there is none.</summary>
    public static int CounterOf(string name) =>
        Counter().Match(name) is { Success: true } match && int.TryParse(match.ValueSpan[1..], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out int counter) ? counter : 0;

    [GeneratedRegex("(.)([A-Z][a-z]+)", RegexOptions.CultureInvariant)]
    private static partial Regex WordStart();

    [GeneratedRegex("([a-z])([A-Z])", RegexOptions.CultureInvariant)]
    private static partial Regex LowerThenUpper();

    [GeneratedRegex("_[0-9]+$", RegexOptions.CultureInvariant)]
    private static partial Regex Counter();

    [GeneratedRegex("^(block[1-5]_pool|(max_?)?pool_?[1-5](_[0-9]+)?)$", RegexOptions.CultureInvariant)]
    private static partial Regex PoolName();
}
