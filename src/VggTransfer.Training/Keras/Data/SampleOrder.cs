
namespace VggTransfer.Keras.Data;

/// <summary>Which samples come in which order, as a function of the pass.</summary>
/// <param name="Count">How many a pass has; null for endless.</param>
/// <param name="Read">The samples' numbers in a pass.</param>
internal sealed record SampleOrder(int? Count, Func<int, IEnumerable<int>> Read)
{
    public static SampleOrder Sequential(int count) => new(count, _ => Enumerable.Range(0, count));

    /// <summary>
    /// As tf.data.Dataset.shuffle: each next one is drawn from a buffer that is filled up from the source, so a buffer as
    /// large as the source shuffles completely.
    /// </summary>
    public SampleOrder Shuffle(int bufferSize, ulong seed, bool reshuffleEachIteration) =>
        new(Count, pass => Shuffle(Read(pass), bufferSize, RandomNumbers.Split(seed, reshuffleEachIteration ? (ulong)pass : 0)));

    public SampleOrder Repeat(int? count) => new(checked(Count * count), pass => Repeat(count, pass));

    public SampleOrder Take(int count) => new(Count is { } all ? Math.Min(all, count) : count, pass => Read(pass).Take(count));

    public SampleOrder Skip(int count) => new(Count is { } all ? Math.Max(0, all - count) : null, pass => Read(pass).Skip(count));

    private static IEnumerable<int> Shuffle(IEnumerable<int> source, int bufferSize, ulong seed)
    {
        var random = new SampleRandom(seed);
        var buffer = new List<int>();
        foreach (int sample in source)
        {
            if (buffer.Count < bufferSize)
            {
                buffer.Add(sample);
                continue;
            }

            int drawn = random.Below(buffer.Count);
            yield return buffer[drawn];
            buffer[drawn] = sample;
        }

        while (buffer.Count > 0)
        {
            int drawn = random.Below(buffer.Count);
            yield return buffer[drawn];
            buffer[drawn] = buffer[^1];
            buffer.RemoveAt(buffer.Count - 1);
        }
    }

    private IEnumerable<int> Repeat(int? count, int pass)
    {
        // An endless order has no second pass of its own; the numbers only have to follow from the pass.
        int first = count is { } times ? checked(pass * times) : pass;
        for (int i = 0; (count is null && Count != 0) || i < count; i++)
        {
            foreach (int sample in Read(first + i))
            {
                yield return sample;
            }
        }
    }
}
