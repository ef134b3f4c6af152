using System.Collections;

namespace VggTransfer.Keras.Callbacks;

/// <summary>The figures of each epoch, as <c>Fit</c> returns them.</summary>
public sealed class History : Callback, IEnumerable<KeyValuePair<string, IReadOnlyList<double>>>
{
    private readonly OrderedDictionary<string, List<double>> _values = new(StringComparer.Ordinal);
    private readonly List<int> _epochs = [];

    /// <summary>The epochs that were run, from 0.</summary>
    public IReadOnlyList<int> Epochs => _epochs;

    /// <summary>The names of the figures, in the order of their first appearance.</summary>
    public IEnumerable<string> Keys => _values.Keys;

    /// <summary>A figure, epoch by epoch; validation figures have entries only for the epochs that were validated.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public IReadOnlyList<double> this[string name] => _values[name];

    /// <summary>Whether a figure was ever recorded.</summary>
    public bool ContainsKey(string name) => _values.ContainsKey(name);

    /// <inheritdoc/>
    public override void OnTrainBegin(Logs logs)
    {
        _epochs.Clear();
        _values.Clear();
    }

    /// <inheritdoc/>
    public override void OnEpochEnd(int epoch, Logs logs)
    {
        _epochs.Add(epoch);
        foreach ((string name, double value) in logs)
        {
            Add(name, value);
        }
    }

    /// <inheritdoc/>
    public IEnumerator<KeyValuePair<string, IReadOnlyList<double>>> GetEnumerator() =>
        _values.Select(pair => KeyValuePair.Create(pair.Key, (IReadOnlyList<double>)pair.Value)).GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Takes back what an interrupted training had recorded.</summary>
    internal void Restore(IEnumerable<int> epochs, IEnumerable<KeyValuePair<string, IReadOnlyList<double>>> values)
    {
        OnTrainBegin(new Logs());
        _epochs.AddRange(epochs);
        foreach ((string name, IReadOnlyList<double> figures) in values)
        {
            _values[name] = [.. figures];
        }
    }

    private void Add(string name, double value)
    {
        if (!_values.TryGetValue(name, out List<double>? figures))
        {
            _values[name] = figures = [];
        }

        figures.Add(value);
    }
}
