namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// A <c>dict</c> or <c>OrderedDict</c> of a pickle: its entries with strings as keys, in the order of the file. Entries
/// under other keys (an optimiser numbers its parameters) are dropped, since no weight is found by them.
/// </summary>
internal sealed class PickleDictionary
{
    // Made when needed: a hostile pickle may hold millions of empty ones.
    private OrderedDictionary<string, object?>? _entries;

    /// <summary>The entries; a repeated key keeps its place and takes the later value, as in Python.</summary>
    public OrderedDictionary<string, object?> Entries => _entries ??= new(StringComparer.Ordinal);

    /// <summary>Adds or replaces an entry, unless its key isn't a string.</summary>
    public void Set(object? key, object? value)
    {
        if (key is string name)
        {
            Entries[name] = value;
        }
    }
}
