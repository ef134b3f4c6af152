using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Parity.Images;

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
        ConstructorInfo constructor = Constructor(type);
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

    /// <summary>The arguments of a golden; Python's None, a default, is left out.</summary>
    public static Dictionary<string, object> Arguments(JsonElement arguments) => arguments.EnumerateObject().Where(argument => argument.Value.ValueKind != JsonValueKind.Null).ToDictionary(
        argument => argument.Name,
        argument => (object)(argument.Value.ValueKind switch
        {
            JsonValueKind.String when !GoldenJson.IsNumber(argument.Value) => argument.Value.GetString()!,
            JsonValueKind.True => true,
            JsonValueKind.False => false,
            _ => argument.Value.ToNumber(),
        }),
        StringComparer.Ordinal);

    /// <summary>A <see cref="LearningRateScheduler"/> from what its function is said to be.</summary>
    /// <exception cref="InvalidDataException">It isn't understood.</exception>
    public static LearningRateScheduler Scheduler(string formula, int verbose)
    {
        ScheduleExpression expression = ScheduleExpression.Parse(formula);
        return new LearningRateScheduler((epoch, rate) => expression.At(epoch, rate).Number, verbose);
    }

    /// <summary>
    /// A list such as <c>[ReduceLROnPlateau(factor=.5, patience=1), CSVLogger(file)]</c>, or as descriptions have it,
    /// <c>EarlyStopping(patience 0, verbose 1)</c>.
    /// </summary>
    /// <param name="description">The list.</param>
    /// <param name="file">What <c>file</c> stands for.</param>
    public static IReadOnlyList<Callback> List(string description, string file)
    {
        // What follows the list is a remark.
        description = description.StartsWith('[') ? description[..(description.IndexOf(']') + 1)] : description;
        List<Callback> callbacks = [];
        for (int from = 0; Call().Match(description, from) is { Success: true } call;)
        {
            (int start, string type) = (call.Index + call.Length, call.Groups[1].Value);
            int end = Closing(description, start);
            from = end + 1;
            string[] arguments = Split(description[start..end]);
            if (type == nameof(LearningRateScheduler))
            {
                Match verbose = Verbose().Match(arguments[^1]);
                string formula = string.Join(", ", verbose.Success ? arguments[..^1] : arguments);
                callbacks.Add(Scheduler(SchedulePrefix().Replace(formula, ""), verbose.Success ? int.Parse(verbose.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0));
                continue;
            }

            string[] names = [.. Constructor(type).GetParameters().Select(parameter => parameter.Name!)];
            callbacks.Add(Create(type, arguments
                .Select((argument, i) => Named().Match(argument) is { Success: true } named
                    ? (Name: named.Groups[1].Value, Value: Literal(named.Groups[2].Value, file))
                    : (Name: names[i], Value: Literal(argument, file)))
                .Where(argument => argument.Value is not null)
                .ToDictionary(argument => argument.Name, argument => argument.Value!, StringComparer.Ordinal)));
        }

        return callbacks;
    }

    private static ConstructorInfo Constructor(string type) =>
        (typeof(Callback).Assembly.GetType($"{typeof(Callback).Namespace}.{type}") ?? throw new InvalidDataException($"There is no callback '{type}'.")).GetConstructors().Single();

    // Where the bracket closes that was opened before.
    private static int Closing(string text, int start)
    {
        int depth = 1;
        for (int i = start; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            if (depth == 0)
            {
                return i;
            }
        }

        throw new InvalidDataException($"'{text}' lacks a closing bracket.");
    }

    // At the commas that stand in no bracket.
    private static string[] Split(string arguments)
    {
        List<string> parts = [""];
        int depth = 0;
        foreach (char character in arguments)
        {
            depth += character switch { '(' => 1, ')' => -1, _ => 0 };
            if (character == ',' && depth == 0)
            {
                parts.Add("");
            }
            else
            {
                parts[^1] += character;
            }
        }

        return [.. parts.Select(part => part.Trim()).Where(part => part.Length > 0)];
    }

    private static object? Literal(string text, string file) => text switch
    {
        "True" => true,
        "False" => false,
        "None" => null,
        "file" => file,
        ['\'' or '"', .. var inner, _] => inner,
        _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? number : text,
    };

    private static object Convert(object value, Type type)
    {
        Type target = Nullable.GetUnderlyingType(type) ?? type;
        return target == typeof(Frequency)
            ? value is string name ? Frequency.FromName(name) : Frequency.EverySteps((int)(double)value)
            : System.Convert.ChangeType(value, target, CultureInfo.InvariantCulture);
    }

    private static string CamelCase(string name) => Underscore().Replace(name, match => match.Groups[1].Value.ToUpperInvariant());

    [GeneratedRegex("_([a-z])")]
    private static partial Regex Underscore();

    [GeneratedRegex(@"([A-Z][A-Za-z]+)\(")]
    private static partial Regex Call();

    [GeneratedRegex(@"^([a-z_]+)\s*(?:=|\s)\s*(.+)$")]
    private static partial Regex Named();

    [GeneratedRegex(@"^verbose\s*[=\s]\s*([0-9])$")]
    private static partial Regex Verbose();

    [GeneratedRegex(@"^schedule\s*=\s*")]
    private static partial Regex SchedulePrefix();
}
