using System.Globalization;
using System.Text;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// The progress text of tf_keras 2.21 (tf_keras/utils/generic_utils.py, <c>Progbar</c>), to the character.
/// </summary>
internal sealed class Progbar
{
    private const int Width = 30;
    private const double IntervalInSeconds = 0.05;

    // Below it, figures are shown with an exponent.
    private const double SmallestFixed = 1e-3;

    private readonly Verbosity _verbose;
    private readonly Func<string, bool> _isStateful;
    private readonly Action<string> _write;
    private readonly TimeProvider _clock;
    private readonly bool _overwrites;
    private readonly long _start;
    private readonly OrderedDictionary<string, (double Sum, double Weight)> _values = new(StringComparer.Ordinal);
    private double _lastUpdate = double.NegativeInfinity;
    private double? _afterFirstStep;
    private double _epochStart;
    private int _shownWidth;
    private int _seen;

    /// <param name="target">Steps in all; null if unknown.</param>
    /// <param name="verbose">A bar, or one line at the end.</param>
    /// <param name="isStateful">Which figures are shown as they come; the others are averaged over the steps.</param>
    /// <param name="write">Where the text goes.</param>
    /// <param name="clock">The time.</param>
    /// <param name="overwrites">Whether a line may be overwritten; otherwise each update is a line of its own.</param>
    public Progbar(int? target, Verbosity verbose, Func<string, bool> isStateful, Action<string> write, TimeProvider clock, bool overwrites)
    {
        Target = target;
        _verbose = verbose;
        _isStateful = isStateful;
        _write = write;
        _clock = clock;
        _overwrites = overwrites;
        _start = clock.GetTimestamp();
    }

    /// <summary>Steps in all; null if unknown.</summary>
    public int? Target { get; set; }

    /// <summary>Shows the state, if it is time to.</summary>
    /// <param name="current">Steps that are done.</param>
    /// <param name="values">The figures.</param>
    /// <param name="finalize">Whether it is the last time.</param>
    public void Update(int current, IEnumerable<KeyValuePair<string, double>> values, bool finalize)
    {
        Take(current, values);
        double now = _clock.GetElapsedTime(_start).TotalSeconds;
        if (_verbose == Verbosity.ProgressBar)
        {
            if (now - _lastUpdate < IntervalInSeconds && !finalize)
            {
                return;
            }

            _write(Bar(current, now, finalize));
        }
        else if (_verbose == Verbosity.OneLine && finalize)
        {
            _write(Line(current, now));
        }

        _lastUpdate = now;
    }

    private void Take(int current, IEnumerable<KeyValuePair<string, double>> values)
    {
        foreach ((string name, double value) in values)
        {
            if (_isStateful(name))
            {
                _values[name] = (value, 1);
                continue;
            }

            int steps = Math.Max(current - _seen, 1);
            (double sum, double weight) = _values.GetValueOrDefault(name);
            _values[name] = (sum + (value * steps), weight + steps);
        }

        _seen = current;
    }

    private string Bar(int current, double now, bool finalize)
    {
        var text = new StringBuilder();
        text.Append(_overwrites ? new string('\b', _shownWidth) + "\r" : "\n");
        int start = text.Length;
        AppendBar(text, current);
        double stepSeconds = StepSeconds(current, now);
        if (Target is null || finalize)
        {
            text.Append(" - ").Append(PythonFormat.Fixed(now, 0)).Append('s').Append(Duration(stepSeconds, "step"));
        }
        else
        {
            text.Append(" - ETA: ").Append(Remaining(stepSeconds * (Target.Value - current)));
        }

        AppendFigures(text, value => Math.Abs(value) > SmallestFixed);
        int width = text.Length - start;
        text.Append(' ', Math.Max(0, _shownWidth - width));
        _shownWidth = width;
        return text.Append(finalize ? "\n" : "").ToString();
    }

    private void AppendBar(StringBuilder text, int current)
    {
        if (Target is not { } target)
        {
            text.Append(CultureInfo.InvariantCulture, $"{current,7}/Unknown");
            return;
        }

        text.Append(Counter(current, target)).Append(" [");
        int filled = (int)(Width * ((double)current / target));
        if (filled > 0)
        {
            text.Append('=', filled - 1).Append(current < target ? '>' : '=');
        }

        text.Append('.', Math.Max(0, Width - filled)).Append(']');
    }

    private string Line(int current, double now)
    {
        var text = new StringBuilder(Counter(current, Target!.Value));
        text.Append(" - ").Append(PythonFormat.Fixed(now, 0)).Append('s');

        // Without the absolute value here, as Keras has it.
        AppendFigures(text, value => value > SmallestFixed);
        double seconds = now - _epochStart;
        _epochStart = now;
        return text.Append(" -").Append(Duration(seconds, "epoch")).Append(" -").Append(Duration(seconds / Target.Value, "step")).Append('\n').ToString();
    }

    private void AppendFigures(StringBuilder text, Func<double, bool> isFixed)
    {
        foreach ((string name, (double sum, double weight)) in _values)
        {
            double mean = sum / Math.Max(1, weight);
            text.Append(" - ").Append(name).Append(": ").Append(isFixed(mean) ? PythonFormat.Fixed(mean, 4) : PythonFormat.Exponent(mean, 4));
        }
    }

    /// <summary>The time of a step; the first one, which isn't like the others, is left out as soon as there is another.</summary>
    private double StepSeconds(int current, double now)
    {
        if (current == 0)
        {
            return 0;
        }

        double seconds = _afterFirstStep is { } first && current > 1 ? (now - first) / (current - 1) : now / current;
        if (current == 1)
        {
            _afterFirstStep = now;
        }

        return seconds;
    }

    private static string Counter(int current, int target)
    {
        string all = target.ToString(CultureInfo.InvariantCulture);
        return $"{current.ToString(CultureInfo.InvariantCulture).PadLeft(all.Length)}/{all}";
    }

    private static string Remaining(double seconds) => seconds switch
    {
        > 3600 => string.Create(CultureInfo.InvariantCulture, $"{(long)(seconds / 3600)}:{(long)(seconds % 3600) / 60:00}:{(long)(seconds % 60):00}"),
        > 60 => string.Create(CultureInfo.InvariantCulture, $"{(long)(seconds / 60)}:{(long)(seconds % 60):00}"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)seconds}s"),
    };

    private static string Duration(double seconds, string unit) => seconds switch
    {
        >= 1 or 0 => $" {PythonFormat.Fixed(seconds, 0)}s/{unit}",
        >= 1e-3 => $" {PythonFormat.Fixed(seconds * 1e3, 0)}ms/{unit}",
        _ => $" {PythonFormat.Fixed(seconds * 1e6, 0)}us/{unit}",
    };
}
