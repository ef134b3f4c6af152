using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using VggTransfer.Keras.Callbacks;

namespace VggTransfer.Parity.Keras;

/// <summary>Callbacks from the goldens' JSON and descriptions.</summary>
internal static partial class GoldenCallbacks
{
    /// <summary>A callback by Keras's name and arguments: a constructor's parameters have the same names, in camel case.</summary>
    /// <param name="type">Keras's name.</param>
    /// <param name="arguments">By Keras's names.</param>
    /// <exception cref="InvalidDataException">An argument is unknown.</exception>
    public static Callback Create(string type, IReadOnlyDictionary<string, object> arguments)
    {
        Type callback = typeof(Callback).Assembly.GetType($"{typeof(Callback).Namespace}.{type}") ?? throw new InvalidDataException($"There is no callback '{type}'.");
        ConstructorInfo constructor = callback.GetConstructors().Single();
        ParameterInfo[] parameters = constructor.GetParameters();
        if (arguments.Keys.FirstOrDefault(name => !parameters.Any(parameter => parameter.Name == CamelCase(name))) is { } unknown)
        {
            throw new InvalidDataException($"{type} has no argument '{unknown}'.");
        }

        try
        {
            return (Callback)constructor.Invoke([.. parameters.Select(parameter =>
                arguments.FirstOrDefault(argument => CamelCase(argument.Key) == parameter.Name) is { Key: not null } given
                    ? Convert(given.Value, parameter.ParameterType)
                    : parameter.HasDefaultValue ? parameter.DefaultValue : throw new InvalidDataException($"{type} needs the argument '{parameter.Name}'."))]);
        }
        catch (TargetInvocationException exception)
        {
            throw exception.InnerException!;
        }
    }

    /// <summary>The arguments of a golden.</summary>
    public static Dictionary<string, object> Arguments(JsonElement arguments) => arguments.EnumerateObject().ToDictionary(
        argument => argument.Name,
        argument => (object)(argument.Value.ValueKind switch
        {
            JsonValueKind.String => argument.Value.GetString()!,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => argument.Value.GetDouble(),
        }),
        StringComparer.Ordinal);

    /// <summary>The schedule of a <see cref="LearningRateScheduler"/> from its description.</summary>
    /// <exception cref="InvalidDataException">It isn't understood.</exception>
    public static LearningRateScheduler Scheduler(string formula, int verbose)
    {
        if (Inverse().Match(formula) is { Success: true } inverse)
        {
            double first = Number(inverse.Groups[1].Value);
            return new LearningRateScheduler(epoch => first / (epoch + 1), verbose);
        }

        if (Decay().Match(formula) is { Success: true } decay)
        {
            double factor = Number(decay.Groups[1].Value);
            return new LearningRateScheduler((epoch, rate) => epoch == 0 ? rate : rate * factor, verbose);
        }

        (double Rate, int Until)[] steps = [.. Step().Matches(formula).Select(step => (Number(step.Groups[1].Value), int.Parse(step.Groups[2].ValueSpan, CultureInfo.InvariantCulture)))];
        if (steps.Length > 0 && Last().Match(formula) is { Success: true } last)
        {
            double rest = Number(last.Groups[1].Value);
            return new LearningRateScheduler(epoch => steps.FirstOrDefault(step => epoch < step.Until, (Rate: rest, Until: 0)).Rate, verbose);
        }

        throw new InvalidDataException($"The schedule '{formula}' isn't understood.");
    }

    /// <summary>A list such as <c>[ReduceLROnPlateau(factor=.5, patience=1), CSVLogger(file)]</c>.</summary>
    /// <param name="description">The list.</param>
    /// <param name="file">What <c>file</c> stands for.</param>
    public static IReadOnlyList<Callback> List(string description, string file) =>
    [
        .. Call().Matches(description).Select(call => call.Groups[1].Value == nameof(LearningRateScheduler)
            ? Scheduler(call.Groups[2].Value, verbose: 0)
            : Create(call.Groups[1].Value, call.Groups[2].Value.Split(", ", StringSplitOptions.RemoveEmptyEntries)
                .Select(argument => argument.Split('='))
                .ToDictionary(parts => parts.Length == 2 ? parts[0] : "filename", parts => parts.Length == 2 ? (object)Number(parts[1]) : file, StringComparer.Ordinal))),
    ];

    private static object Convert(object value, Type type)
    {
        Type target = Nullable.GetUnderlyingType(type) ?? type;
        return target == typeof(Frequency)
            ? value is string name ? Frequency.FromName(name) : Frequency.EverySteps((int)(double)value)
            : System.Convert.ChangeType(value, target, CultureInfo.InvariantCulture);
    }

    private static string CamelCase(string name) => Underscore().Replace(name, match => match.Groups[1].Value.ToUpperInvariant());

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    [GeneratedRegex("_([a-z])")]
    private static partial Regex Underscore();

    [GeneratedRegex(@"epoch -> ([0-9.e-]+)/\(epoch\+1\)")]
    private static partial Regex Inverse();

    [GeneratedRegex(@"epoch 0: lr unchanged; else lr\*([0-9.]+)")]
    private static partial Regex Decay();

    [GeneratedRegex("([0-9.e-]+) if epoch < ([0-9]+)")]
    private static partial Regex Step();

    [GeneratedRegex("else ([0-9.e-]+)$")]
    private static partial Regex Last();

    [GeneratedRegex(@"([A-Z][A-Za-z]+)\(((?:[^()]|\([^()]*\))*)\)")]
    private static partial Regex Call();
}
