using System.Text.Json;

namespace VggTransfer.Weights.Formats.Safetensors;

/// <summary>What the header says of one tensor: offsets count from the first byte behind the header.</summary>
internal readonly record struct SafetensorsEntry(string Name, SafetensorsDataType DataType, int[] Shape, long Begin, long End);

/// <summary>
/// Reads the JSON header, one token at a time, so that a hostile header costs no more memory than the bounds below allow.
/// </summary>
internal ref struct SafetensorsHeader
{
    /// <summary>The limit of the format's own implementation (safetensors, <c>MAX_HEADER_SIZE</c>).</summary>
    public const long MaximumLength = 100_000_000;

    /// <summary>Bytes in front of the header: its length.</summary>
    public const int Start = 8;

    // Far beyond any VGG (76 convolution and batch norm tensors at the most, plus counters), and small enough to allocate.
    private const int MaximumTensors = 100_000;
    private const int MaximumMetadataEntries = 10_000;
    private const int MaximumDimensions = 16;
    private const int MaximumNameLength = 1024;

    private readonly string _path;
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private Utf8JsonReader _json;

    private SafetensorsHeader(ReadOnlySpan<byte> header, string path)
    {
        _path = path;
        _json = new Utf8JsonReader(header, new JsonReaderOptions { MaxDepth = 4 });
    }

    /// <summary>The entries in the header's order; offsets are as written, not yet compared with one another.</summary>
    public List<SafetensorsEntry> Entries { get; } = [];

    /// <summary>The strings under <c>__metadata__</c>.</summary>
    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <exception cref="InvalidModelFileException">The header isn't one of a safetensors file.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> header, string path)
    {
        if (header.IsEmpty || header[0] != (byte)'{')
        {
            throw new InvalidModelFileException(path, SafetensorsFile.FormatName, "its header isn't a JSON object, so this is no safetensors file", Start);
        }

        if (!System.Text.Unicode.Utf8.IsValid(header))
        {
            throw new InvalidModelFileException(path, SafetensorsFile.FormatName, "its header isn't UTF-8 text", Start);
        }

        var parsed = new SafetensorsHeader(header, path);
        try
        {
            parsed.ReadEntries();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Utf8JsonReader reports strings with half a surrogate pair as an invalid operation.
            throw new InvalidModelFileException(path, SafetensorsFile.FormatName, "its header isn't valid JSON", Start + parsed._json.BytesConsumed, exception);
        }

        return parsed;
    }

    private void ReadEntries()
    {
        Expect(JsonTokenType.StartObject, "the header");
        bool metadataSeen = false;
        while (NextName("the header") is { } name)
        {
            if (name == "__metadata__")
            {
                ThrowIf(metadataSeen, "it has '__metadata__' twice");
                metadataSeen = true;
                ReadMetadata();
            }
            else
            {
                CheckName(name);
                ThrowIf(!_names.Add(name), $"it has tensor '{name}' twice");
                ThrowIf(Entries.Count == MaximumTensors, $"it lists more than {MaximumTensors:N0} tensors");
                Entries.Add(ReadEntry(name));
            }
        }

        // Throws where anything but white space follows.
        _json.Read();
    }

    private readonly void CheckName(string name)
    {
        ThrowIf(name.Length == 0, "it has a tensor without a name");
        ThrowIf(name.Length > MaximumNameLength, $"it has a tensor whose name is longer than {MaximumNameLength} characters");
        ThrowIf(name.Any(char.IsControl), "it has a tensor with control characters in its name");
    }

    private void ReadMetadata()
    {
        Expect(JsonTokenType.StartObject, "'__metadata__'");
        while (NextName("'__metadata__'") is { } key)
        {
            Expect(JsonTokenType.String, "every value of '__metadata__'");
            ThrowIf(Metadata.Count == MaximumMetadataEntries, $"its '__metadata__' has more than {MaximumMetadataEntries:N0} entries");
            ThrowIf(!Metadata.TryAdd(key, _json.GetString()!), "its '__metadata__' has the same key twice");
        }
    }

    private SafetensorsEntry ReadEntry(string name)
    {
        SafetensorsDataType? type = null;
        int[]? shape = null;
        (long Begin, long End)? offsets = null;
        Expect(JsonTokenType.StartObject, $"tensor '{name}'");
        while (NextName($"tensor '{name}'") is { } field)
        {
            switch (field)
            {
                case "dtype" when type is null:
                    type = ReadDataType(name);
                    break;
                case "shape" when shape is null:
                    shape = ReadShape(name);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadOffsets(name);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Fault($"tensor '{name}' has '{field}' twice");
                default:
                    throw Fault($"tensor '{name}' has a field that is none of dtype, shape and data_offsets");
            }
        }

        return type is null || shape is null || offsets is null
            ? throw Fault($"tensor '{name}' lacks its {(type is null ? "dtype" : shape is null ? "shape" : "data_offsets")}")
            : new SafetensorsEntry(name, type.Value, shape, offsets.Value.Begin, offsets.Value.End);
    }

    private SafetensorsDataType ReadDataType(string name)
    {
        Expect(JsonTokenType.String, $"the dtype of tensor '{name}'");
        foreach (SafetensorsDataType type in Enum.GetValues<SafetensorsDataType>())
        {
            if (_json.ValueTextEquals(type.FormatName()))
            {
                return type;
            }
        }

        throw Fault($"tensor '{name}' has a dtype that isn't known here; F32, F16 and BF16 are the ones for weights");
    }

    private int[] ReadShape(string name)
    {
        Expect(JsonTokenType.StartArray, $"the shape of tensor '{name}'");
        var dimensions = new List<int>(4);
        while (_json.Read() && _json.TokenType != JsonTokenType.EndArray)
        {
            ThrowIf(dimensions.Count == MaximumDimensions, $"tensor '{name}' has more than {MaximumDimensions} dimensions");
            ThrowIf(
                _json.TokenType != JsonTokenType.Number || !_json.TryGetInt32(out int dimension) || dimension < 0,
                $"the shape of tensor '{name}' isn't a list of whole numbers from 0 to {int.MaxValue:N0}");
            dimensions.Add(_json.GetInt32());
        }

        return [.. dimensions];
    }

    private (long Begin, long End) ReadOffsets(string name)
    {
        Expect(JsonTokenType.StartArray, $"data_offsets of tensor '{name}'");
        long begin = ReadOffset(name);
        long end = ReadOffset(name);
        Expect(JsonTokenType.EndArray, $"data_offsets of tensor '{name}', after two numbers,");
        ThrowIf(end < begin, $"tensor '{name}' ends before it begins");
        return (begin, end);
    }

    private long ReadOffset(string name)
    {
        Expect(JsonTokenType.Number, $"data_offsets of tensor '{name}'");
        ThrowIf(!_json.TryGetInt64(out long offset) || offset < 0, $"data_offsets of tensor '{name}' aren't two whole numbers from 0 on");
        return offset;
    }

    /// <summary>The next property's name; null at the object's end.</summary>
    private string? NextName(string what)
    {
        ThrowIf(!_json.Read(), $"its header ends within {what}");
        return _json.TokenType == JsonTokenType.PropertyName ? _json.GetString() : null;
    }

    private void Expect(JsonTokenType type, string what) =>
        ThrowIf(!_json.Read() || _json.TokenType != type, $"{what} must be {Describe(type)} in its header");

    private static string Describe(JsonTokenType type) => type switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.EndArray => "at its end",
        JsonTokenType.Number => "whole numbers",
        _ => "a string",
    };

    private readonly void ThrowIf(bool condition, string reason)
    {
        if (condition)
        {
            throw Fault(reason);
        }
    }

    private readonly InvalidModelFileException Fault(string reason) =>
        new(_path, SafetensorsFile.FormatName, reason, Start + _json.TokenStartIndex);
}
