namespace VggTransfer.Keras.Schedules;

/// <summary>One rate up to and including each boundary, the next one behind it.</summary>
public sealed class PiecewiseConstantDecay : LearningRateSchedule
{
    private readonly long[] _boundaries;
    private readonly double[] _values;

    /// <param name="boundaries">Numbers of updates, ascending; at the boundary itself the earlier rate still holds.</param>
    /// <param name="values">The rates, one more than the boundaries, 0 or more.</param>
    /// <exception cref="ArgumentException">The numbers of boundaries and rates don't fit, or the boundaries don't ascend.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A rate is negative or no number.</exception>
    public PiecewiseConstantDecay(IReadOnlyList<long> boundaries, IReadOnlyList<double> values)
    {
        ArgumentNullException.ThrowIfNull(boundaries);
        ArgumentNullException.ThrowIfNull(values);
        if (boundaries.Count == 0 || values.Count != boundaries.Count + 1)
        {
            throw new ArgumentException($"There must be one boundary or more, and one rate more than boundaries; there are {boundaries.Count} boundaries and {values.Count} rates.", nameof(values));
        }

        _boundaries = [.. boundaries];
        for (int i = 1; i < _boundaries.Length; i++)
        {
            if (_boundaries[i] <= _boundaries[i - 1])
            {
                throw new ArgumentException($"Boundaries must ascend, and {_boundaries[i]} follows {_boundaries[i - 1]}.", nameof(boundaries));
            }
        }

        _values = [.. values.Select(value => ScheduleArguments.Rate(value, nameof(values)))];
    }

    internal IReadOnlyList<long> Boundaries => _boundaries;

    internal IReadOnlyList<double> Values => _values;

    /// <inheritdoc/>
    public override float At(long iteration)
    {
        int piece = Array.FindIndex(_boundaries, boundary => iteration <= boundary);
        return (float)_values[piece < 0 ? ^1 : piece];
    }
}
