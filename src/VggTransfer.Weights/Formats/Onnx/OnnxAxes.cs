namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// What the axes of a value mean while a graph is followed from its input on: batch, channel, row, column in whatever
/// order transpositions have brought them, or batch and feature once the map has become a vector.
/// </summary>
/// <param name="inputShape">The input's dimensions, null where they are free; null where nothing is said about them.</param>
internal sealed class OnnxAxes(IReadOnlyList<long?>? inputShape)
{
    private const string ChannelsFirst = "NCHW";
    private const string ChannelsLast = "NHWC";
    private const string Vector = "NF";

    // By letters; by the numbers of the input's axes until the first convolution tells what is what.
    private string _axes = "0123";
    private string? _inputAxes;

    /// <summary>How many there are.</summary>
    public int Count => _axes.Length;

    /// <summary>Whether the value is (N, C, H, W).</summary>
    public bool IsImage => _axes == ChannelsFirst;

    /// <summary>Whether the value is (N, H, W, C).</summary>
    public bool IsChannelsLast => _axes == ChannelsLast;

    /// <summary>Whether the value is one vector for each image.</summary>
    public bool IsVector => _axes == Vector;

    /// <summary>Where the channels are, or a vector's features; -1 while that isn't known.</summary>
    public int ChannelAxis => _axes.AsSpan().IndexOfAny('C', 'F');

    /// <summary>The input's rows; null where they are free or not known.</summary>
    public long? InputRows => InputDimension('H');

    /// <summary>The input's columns; null where they are free or not known.</summary>
    public long? InputColumns => InputDimension('W');

    /// <summary>Whether the value is as a convolution needs it. The first one so decides what the input's axes are.</summary>
    public bool CanConvolve()
    {
        if (_inputAxes is null && inputShape?.Count is null or 4)
        {
            char[] input = new char[4];
            for (int axis = 0; axis < 4; axis++)
            {
                input[_axes[axis] - '0'] = ChannelsFirst[axis];
            }

            string found = new(input);
            if (found is ChannelsFirst or ChannelsLast)
            {
                (_inputAxes, _axes) = (found, ChannelsFirst);
            }
        }

        return IsImage;
    }

    /// <summary>Brings the axes into another order.</summary>
    /// <param name="order">For each new axis the old one; none for the reverse order.</param>
    /// <returns>Whether that was an order of them.</returns>
    public bool TryTranspose(IReadOnlyList<long> order)
    {
        long[] all = [.. Enumerable.Range(0, Count).Select(axis => (long)axis)];
        IReadOnlyList<long> wanted = order.Count > 0 ? order : [.. all.Reverse()];
        if (!wanted.Order().SequenceEqual(all))
        {
            return false;
        }

        _axes = string.Concat(wanted.Select(axis => _axes[(int)axis]));
        return true;
    }

    /// <summary>The map becomes a vector.</summary>
    public void Flatten() => _axes = Vector;

    /// <summary>Where rows and columns are.</summary>
    /// <param name="isChannelsFirst">What to believe while that isn't known.</param>
    public (int Row, int Column) PlaceAxes(bool isChannelsFirst)
    {
        string axes = _inputAxes is not null ? _axes : isChannelsFirst ? ChannelsFirst : ChannelsLast;
        return (axes.IndexOf('H'), axes.IndexOf('W'));
    }

    /// <summary>Whether axes, counted from either end, are rows and columns.</summary>
    public bool ArePlaces(IReadOnlyList<long>? axes) => Count == 4 && axes is { Count: 2 }
        && axes.All(axis => axis is >= -4 and < 4) && axes.Select(axis => _axes[(int)((axis + 4) % 4)]).Order().SequenceEqual("HW");

    private long? InputDimension(char axis) =>
        _inputAxes is not null && inputShape is { Count: 4 } ? inputShape[_inputAxes.IndexOf(axis)] : null;
}
