
namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// One of the few Python names that a pickle of tensors may use, and what calling it gives. Nothing of Python is ever
/// called: this list is all there is, and every other name is refused.
/// </summary>
internal sealed class PyTorchGlobal
{
    private delegate object? Build(object?[] arguments);

    private static readonly Dictionary<string, PyTorchGlobal> s_known = new PyTorchGlobal[]
    {
        new("collections.OrderedDict", MakeDictionary),
        new("torch.Size", arguments => arguments is [object?[] sizes] ? sizes : null),
        new("torch._utils._rebuild_tensor", arguments => arguments.Length == 4 ? PyTorchTensor.FromArguments(arguments) : null),

        // Then: requires_grad, hooks, and in newer versions metadata.
        new("torch._utils._rebuild_tensor_v2", arguments => arguments.Length is 6 or 7 ? PyTorchTensor.FromArguments(arguments) : null),
        new("torch._utils._rebuild_tensor_v3", arguments => arguments is [_, _, _, _, _, _, PyTorchGlobal { DataType: { } type }, ..] ? PyTorchTensor.FromArguments(arguments, type) : null),
        new("torch._utils._rebuild_parameter", arguments => arguments is [PyTorchTensor tensor, _, _] ? tensor : null),
        new("torch._utils._rebuild_parameter_with_state", arguments => arguments is [PyTorchTensor tensor, _, _, _] ? tensor : null),
        new("torch.nn.parameter.Parameter", arguments => arguments is [PyTorchTensor tensor, ..] ? tensor : null),
        new("torch.Tensor", _ => null),

        // A tensor with Python attributes of its own: function, class, the function's arguments, attributes.
        new("torch._tensor._rebuild_from_type_v2", arguments => arguments is [PyTorchGlobal function, PyTorchGlobal, object?[] inner, _] && function.Name.StartsWith("torch._utils.", StringComparison.Ordinal) && function.Call(inner, out object? tensor) ? tensor : null),
        new("torch.device", _ => s_device),
        new("builtins.set", MakeSet),
        new("__builtin__.set", MakeSet),
    }.ToDictionary(global => global.Name, StringComparer.Ordinal);

    // Stands for a value that carries no weights.
    private static readonly object s_device = new();

    private readonly Build _build;

    private PyTorchGlobal(string name, Build build, TorchDataType? storageType = null, TorchDataType? dataType = null)
    {
        Name = name;
        StorageType = storageType;
        DataType = dataType;
        _build = build;
    }

    /// <summary>Its full name in Python.</summary>
    public string Name { get; }

    /// <summary>What a storage class holds; null for anything else.</summary>
    public TorchDataType? StorageType { get; }

    /// <summary>What a dtype such as <c>torch.float32</c> means; null for anything else.</summary>
    public TorchDataType? DataType { get; }

    /// <summary>The known object of a name; null for every other one.</summary>
    public static PyTorchGlobal? Find(string module, string name)
    {
        string full = $"{module}.{name}";
        if (s_known.TryGetValue(full, out PyTorchGlobal? known))
        {
            return known;
        }

        if (module is "torch" or "torch.cuda" or "torch.storage" && TorchDataTypes.OfStorage(name) is { } storageType)
        {
            return new PyTorchGlobal(full, _ => null, storageType: storageType);
        }

        return module == "torch" && TorchDataTypes.OfName(name) is { } dataType
            ? new PyTorchGlobal(full, _ => null, dataType: dataType)
            : null;
    }

    /// <summary>Why a name isn't taken and what to do, as the rest of a sentence without a full stop.</summary>
    public static string Refusal(string module, string name)
    {
        string full = MessageText.Shorten($"{module}.{name}");
        const string Advice = "save a plain state dict in Python: torch.save(model.state_dict(), 'weights.pth')";
        if (name.Contains("sparse", StringComparison.OrdinalIgnoreCase) && module.StartsWith("torch", StringComparison.Ordinal))
        {
            return $"it holds a sparse tensor ('{full}'), and only dense ones are read; call to_dense() on it, then {Advice}";
        }

        if (name.StartsWith("_rebuild_qtensor", StringComparison.Ordinal) || name.StartsWith("QInt", StringComparison.Ordinal) || name.StartsWith("QUInt", StringComparison.Ordinal))
        {
            return $"it holds a quantised tensor ('{full}'), and only float ones are read; from the model before its quantisation, {Advice}";
        }

        bool isModule = module.StartsWith("torch.nn.", StringComparison.Ordinal) || module.StartsWith("torchvision.models", StringComparison.Ordinal) || module.StartsWith("timm.models", StringComparison.Ordinal);
        return isModule
            ? $"it holds a whole model as a Python object ('{full}'), whose code would have to be run; {Advice}"
            : $"it needs the Python object '{full}', and nothing but tensors is ever taken from such a file, because it could run code; {Advice}";
    }

    /// <summary>Calls it.</summary>
    /// <returns>Whether the arguments are what torch writes.</returns>
    public bool Call(object?[] arguments, out object? result)
    {
        result = _build(arguments);
        return result is not null;
    }

    private static PickleDictionary? MakeDictionary(object?[] arguments)
    {
        var dictionary = new PickleDictionary();
        if (arguments.Length == 0)
        {
            return dictionary;
        }

        // Python 2 passes the entries as a list of lists.
        if (arguments is not [List<object?> entries])
        {
            return null;
        }

        foreach (object? entry in entries)
        {
            switch (entry)
            {
                case object?[] and [var key, var value]:
                    dictionary.Set(key, value);
                    break;
                case List<object?> and [var key, var value]:
                    dictionary.Set(key, value);
                    break;
                default:
                    return null;
            }
        }

        return dictionary;
    }

    private static List<object?>? MakeSet(object?[] arguments) => arguments switch
    {
        [] => [],
        [List<object?> items] => [.. items],
        [object?[] items] => [.. items],
        _ => null,
    };
}
