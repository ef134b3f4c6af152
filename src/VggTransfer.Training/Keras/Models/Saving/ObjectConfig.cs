using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using VggTransfer.Keras.Initializers;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Schedules;

namespace VggTransfer.Keras.Models;

/// <summary>
/// Descriptions (layers, initializers, regularizers, schedules, optimizers, losses, metrics) as JSON in Keras's form,
/// <c>{"class_name": "Dropout", "config": {"rate": 0.5, "name": "dropout"}}</c>. The arguments of a class's constructor are
/// its configuration, so that there is nothing to keep in step; each argument is also a property. Only classes of this
/// library are ever made, and by their constructors, which check what they are given.
/// </summary>
internal static class ObjectConfig
{
    private const BindingFlags Properties = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.IgnoreCase;
    private const string LegacyPrefix = "legacy.";

    private static readonly Type[] s_families = [typeof(Layer), typeof(Initializer), typeof(Regularizer), typeof(LearningRateSchedule), typeof(Optimizer), typeof(Loss), typeof(Metric)];

    // Arguments that aren't called like the property that keeps them, in the classes that have such a property.
    private static readonly Dictionary<string, string> s_properties = new(StringComparer.Ordinal)
    {
        ["shape"] = nameof(Layer.DeclaredInputShape),
        ["inputShape"] = nameof(Layer.DeclaredInputShape),
        ["activation"] = nameof(Activation.Function),
        ["l1"] = nameof(Regularizer.Factor1),
        ["l2"] = nameof(Regularizer.Factor2),
        ["learningRate"] = nameof(Optimizer.Rate),
    };

    private static readonly Dictionary<string, Type> s_classes = typeof(ObjectConfig).Assembly.GetTypes()
        .Where(type => type is { IsPublic: true, IsAbstract: false } && FamilyOf(type) is not null && !type.IsSubclassOf(typeof(Keras.Models.Model)) && type.GetConstructors().Length > 0)
        .ToDictionary(type => FamilyOf(type)!.Name + "/" + ClassName(type), StringComparer.Ordinal);

    /// <summary>All classes that can be written.</summary>
    public static IEnumerable<Type> Classes => s_classes.Values;

    /// <summary>The JSON of a description.</summary>
    /// <exception cref="NotSupportedException">It is of a class that isn't this library's.</exception>
    public static JsonObject Write(object value)
    {
        Type type = value.GetType();
        if (!s_classes.ContainsValue(type))
        {
            throw new NotSupportedException($"{type.Name} is none of the library's own classes and can't be written into a model file; save the weights alone (SaveWeights) and make the model anew when loading them.");
        }

        var config = new JsonObject();
        foreach (ParameterInfo parameter in Constructor(type).GetParameters())
        {
            config[KeyOf(parameter)] = ToJson(ValueOf(value, parameter.Name!));
        }

        return new JsonObject { ["class_name"] = ClassName(type), ["config"] = config };
    }

    /// <summary>The description of a JSON.</summary>
    /// <typeparam name="T">The family: <see cref="Layer"/>, <see cref="Optimizer"/>, ...</typeparam>
    /// <exception cref="FormatException">The JSON describes none; the message is the rest of a sentence.</exception>
    public static T Read<T>(JsonElement json)
        where T : class => (T)Read(json, typeof(T));

    private static object Read(JsonElement json, Type family)
    {
        string className = Member(json, "class_name", JsonValueKind.String).GetString()!;
        if (!s_classes.TryGetValue($"{family.Name}/{className}", out Type? type))
        {
            throw new FormatException($"it has a {family.Name.ToLowerInvariant()} of the unknown class '{MessageText.Shorten(className)}'");
        }

        JsonElement config = Member(json, "config", JsonValueKind.Object);
        ConstructorInfo constructor = Constructor(type);
        ParameterInfo[] parameters = constructor.GetParameters();
        var keys = new HashSet<string>(parameters.Select(KeyOf), StringComparer.Ordinal);
        foreach (JsonProperty property in config.EnumerateObject().Where(property => !keys.Contains(property.Name)))
        {
            throw new FormatException($"its {className} has a setting '{MessageText.Shorten(property.Name)}', which is unknown; a newer version may have written it");
        }

        try
        {
            return constructor.Invoke(BindingFlags.DoNotWrapExceptions, null, [.. parameters.Select(parameter => Argument(config, parameter, className))], null);
        }
        catch (ArgumentException exception)
        {
            throw new FormatException($"its {className} can't be made: {ReasonOf(exception)}", exception);
        }
    }

    /// <summary>A member of a JSON object.</summary>
    /// <exception cref="FormatException">It is missing, or of another kind.</exception>
    public static JsonElement Member(JsonElement json, string name, JsonValueKind kind) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out JsonElement value) && value.ValueKind == kind
            ? value
            : throw new FormatException($"its configuration has no '{name}' where one belongs");

    /// <summary>An exception's message as the rest of a sentence: without its parameter's name, and not longer than people read.</summary>
    public static string ReasonOf(ArgumentException exception)
    {
        const int Most = 500;
        string reason = MessageText.SentenceOf(exception);
        return reason.Length <= Most ? reason : $"{reason[..Most]}...";
    }

    private static object? Argument(JsonElement config, ParameterInfo parameter, string className)
    {
        if (!config.TryGetProperty(KeyOf(parameter), out JsonElement value))
        {
            return parameter.HasDefaultValue ? parameter.DefaultValue : throw new FormatException($"its {className} has no setting '{KeyOf(parameter)}'");
        }

        try
        {
            return FromJson(value, parameter.ParameterType);
        }
        catch (Exception exception) when (exception is InvalidOperationException or JsonException)
        {
            throw new FormatException($"the setting '{KeyOf(parameter)}' of its {className} is of a wrong kind", exception);
        }
    }

    private static Type? FamilyOf(Type type) => Array.Find(s_families, family => family.IsAssignableFrom(type));

    /// <summary>Keras's name of a class; the optimizers from before Keras 2.11 lie in <c>legacy</c>.</summary>
    private static string ClassName(Type type) =>
        type == typeof(Input) ? "InputLayer"
        : type.Namespace!.EndsWith(".Legacy", StringComparison.Ordinal) ? LegacyPrefix + type.Name
        : type.Name;

    /// <summary>The constructor that takes everything; of two, the one that takes plain arrays.</summary>
    private static ConstructorInfo Constructor(Type type) => type.GetConstructors()
        .OrderByDescending(constructor => constructor.GetParameters().Length)
        .ThenByDescending(constructor => constructor.GetParameters().Any(parameter => parameter.ParameterType.IsArray))
        .First();

    /// <summary><c>kernelInitializer</c> is <c>kernel_initializer</c> in Keras.</summary>
    private static string KeyOf(ParameterInfo parameter) => JsonNamingPolicy.SnakeCaseLower.ConvertName(parameter.Name!);

    /// <summary>What an object was given for an argument.</summary>
    private static object? ValueOf(object value, string argument)
    {
        Type type = value.GetType();
        if (((s_properties.TryGetValue(argument, out string? name) ? type.GetProperty(name, Properties) : null) ?? type.GetProperty(argument, Properties)) is { } property)
        {
            return property.GetValue(value);
        }

        // What all optimizers have in common lies in an object of its own.
        return value is Optimizer { Options: var options } && options.GetType().GetProperty(argument, Properties) is { } option
            ? option.GetValue(options)
            : throw new InvalidOperationException($"{value.GetType().Name} has no property for its constructor's argument {argument}.");
    }

    private static JsonNode? ToJson(object? value) => value switch
    {
        null => null,
        bool flag => flag,
        int number => number,
        long number => number,
        double number => number,
        string text => text,
        ActivationFunction function => function.ToString().ToLowerInvariant(),
        LearningRate rate => rate.Schedule is { } schedule ? Write(schedule) : JsonValue.Create(rate.ExactAt(0)),
        ITuple tuple => new JsonArray([.. Enumerable.Range(0, tuple.Length).Select(i => ToJson(tuple[i]))]),
        IEnumerable list => new JsonArray([.. list.Cast<object?>().Select(ToJson)]),
        _ => Write(value),
    };

    private static object? FromJson(JsonElement json, Type type)
    {
        if (json.ValueKind == JsonValueKind.Null)
        {
            return type.IsValueType && Nullable.GetUnderlyingType(type) is null ? throw new InvalidOperationException() : null;
        }

        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(LearningRate))
        {
            return json.ValueKind == JsonValueKind.Number ? (LearningRate)json.GetDouble() : (LearningRate)Read<LearningRateSchedule>(json);
        }

        if (FamilyOf(type) is { } family)
        {
            return Read(json, family);
        }

        if (typeof(ITuple).IsAssignableFrom(type))
        {
            Type[] items = type.GetGenericArguments();
            return json.GetArrayLength() == items.Length
                ? Activator.CreateInstance(type, [.. json.EnumerateArray().Zip(items, FromJson)])
                : throw new InvalidOperationException();
        }

        return type.IsArray || (type.IsGenericType && type != typeof(string)) ? ListFromJson(json, type.GetElementType() ?? type.GetGenericArguments()[0]) : json.Deserialize(type);
    }

    private static Array ListFromJson(JsonElement json, Type item)
    {
        var list = Array.CreateInstance(item, json.GetArrayLength());
        int i = 0;
        foreach (JsonElement element in json.EnumerateArray())
        {
            list.SetValue(FromJson(element, item), i++);
        }

        return list;
    }
}
