using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// The figures that callbacks see and may add to, in their order: <c>loss</c>, <c>accuracy</c>, <c>val_loss</c>, <c>lr</c>.
/// </summary>
public sealed class Logs : IEnumerable<KeyValuePair<string, double>>
{
    private readonly OrderedDictionary<string, double> _values = new(StringComparer.Ordinal);
    private readonly HashSet<string> _singles = new(StringComparer.Ordinal);

    /// <summary>The names, in order.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>How many figures there are.</summary>
    public int Count => _values.Count;

    /// <summary>A figure.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public double this[string name]
    {
        get => _values[name];
        set
        {
            _values[name] = value;
            _singles.Remove(name);
        }
    }

    /// <summary>Sets a figure that Keras keeps in 4-byte floating point, and so writes with fewer digits: the learning rate.</summary>
    public void SetSingle(string name, float value)
    {
        _values[name] = value;
        _singles.Add(name);
    }

    /// <summary>Whether a figure is there.</summary>
    public bool ContainsKey(string name) => _values.ContainsKey(name);

    /// <summary>A figure, if it is there.</summary>
    public bool TryGetValue(string name, [MaybeNullWhen(false)] out double value) => _values.TryGetValue(name, out value);

    /// <summary>Takes a figure out.</summary>
    public bool Remove(string name)
    {
        _singles.Remove(name);
        return _values.Remove(name);
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, double>> GetEnumerator() => _values.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The same figures in another object.</summary>
    internal Logs Copy()
    {
        var copy = new Logs();
        foreach ((string name, double value) in _values)
        {
            copy._values[name] = value;
        }

        copy._singles.UnionWith(_singles);
        return copy;
    }

    /// <summary>Whether a figure came through <see cref="SetSingle"/>.</summary>
    internal bool IsSingle(string name) => _singles.Contains(name);
}
