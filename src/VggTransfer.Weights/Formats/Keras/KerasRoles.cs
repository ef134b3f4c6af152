using System.Text.RegularExpressions;
using VggTransfer.Weights.Formats.Hdf5;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>What a variable is to its layer, by its name or its number.</summary>
internal static partial class KerasRoles
{
    public const string Kernel = "kernel";
    public const string Bias = "bias";
    public const string Gamma = "gamma";
    public const string Beta = "beta";
    public const string MovingMean = "moving_mean";
    public const string MovingVariance = "moving_variance";

    /// <summary>
    /// Splits a weight's name into its layer and its role: <c>block1_conv1/kernel:0</c>, <c>sequential_1/dense_3/kernel</c>,
    /// and Keras 1's <c>block1_conv1_W_1:0</c>.
    /// </summary>
    public static (string Layer, string Role) Split(string weightName)
    {
        Match match = Pattern().Match(weightName);
        if (!match.Success)
        {
            int slash = weightName.LastIndexOf('/');
            return slash < 0 ? ("", weightName) : (weightName[..slash], weightName[(slash + 1)..]);
        }

        string role = match.Groups["role"].Value switch
        {
            "W" => Kernel,
            "b" => Bias,
            "running_mean" => MovingMean,

            // Keras 1's name; it always held the variance.
            "running_std" => MovingVariance,
            string other => other,
        };
        return (match.Groups["layer"].Value, role);
    }

    /// <summary>Names a layer's numbered variables; null where their number and shapes are those of no layer of a VGG.</summary>
    /// <param name="kind">What the layer is, by its class.</param>
    /// <param name="numbered">The variables <c>0</c>, <c>1</c> and so on.</param>
    /// <param name="hasGamma">Whether batch norm scales; where it doesn't, there are only 3.</param>
    /// <param name="hasBeta">Whether batch norm shifts.</param>
    public static IReadOnlyDictionary<string, Hdf5Dataset>? OfNumbers(KerasKind kind, IReadOnlyList<Hdf5Dataset> numbered, bool hasGamma, bool hasBeta)
    {
        string[] roles = kind switch
        {
            KerasKind.Convolution or KerasKind.Dense => [Kernel, Bias],
            KerasKind.BatchNormalization => [.. hasGamma ? [Gamma] : Array.Empty<string>(), .. hasBeta ? [Beta] : Array.Empty<string>(), MovingMean, MovingVariance],
            _ => [],
        };
        bool fits = kind == KerasKind.BatchNormalization ? numbered.Count == roles.Length : numbered.Count >= 1 && numbered.Count <= roles.Length;
        return fits ? numbered.Zip(roles).ToDictionary(pair => pair.Second, pair => pair.First, StringComparer.Ordinal) : null;
    }

    /// <summary>What a layer is, by the roles and dimensions of its variables.</summary>
    public static KerasKind KindOf(IReadOnlyDictionary<string, Hdf5Dataset> weights)
    {
        if (weights.Keys.Any(role => role is not (Kernel or Bias or Gamma or Beta or MovingMean or MovingVariance)))
        {
            return KerasKind.Other;
        }

        if (weights.TryGetValue(Kernel, out Hdf5Dataset? kernel))
        {
            return kernel.Space.Dimensions.Count switch { 4 => KerasKind.Convolution, 2 => KerasKind.Dense, _ => KerasKind.Other };
        }

        return weights.ContainsKey(MovingMean) && weights.ContainsKey(MovingVariance) ? KerasKind.BatchNormalization : KerasKind.Other;
    }

    [GeneratedRegex("^(?:(?<layer>.*)[/_])?(?<role>kernel|W|bias|b|gamma|beta|moving_mean|moving_variance|running_mean|running_std)(?:_[0-9]+)?(?::[0-9]+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Pattern();
}
