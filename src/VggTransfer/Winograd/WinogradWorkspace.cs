namespace VggTransfer.Winograd;

/// <summary>Memory of one run, used again by the next.</summary>
internal sealed unsafe class WinogradWorkspace : IDisposable
{
    // The last pixels of a map may be multiplied together with what lies behind them.
    private const long Slack = MatrixKernel.Rows * BlockedMap.Lanes;

    private readonly AlignedMemory[] _separate;
    private readonly AlignedMemory[] _joint;
    private readonly AlignedMemory _scratch;
    private readonly float[][] _vectors;

    /// <param name="images">Images of a run.</param>
    /// <param name="separateLength">Singles of the largest map of one image, of those that are computed image by image.</param>
    /// <param name="jointLength">Singles of the largest map of one image, of those that are computed for all images together.</param>
    /// <param name="scratchLength">Singles for what a layer writes and forgets.</param>
    /// <param name="vectorLength">Singles of the longest vector of dense layers.</param>
    public WinogradWorkspace(int images, long separateLength, long jointLength, long scratchLength, int vectorLength)
    {
        Images = images;
        _separate = [new AlignedMemory(separateLength + Slack), new AlignedMemory(separateLength + Slack)];
        _joint = [new AlignedMemory((jointLength * images) + Slack), new AlignedMemory((jointLength * images) + Slack)];
        _scratch = new AlignedMemory(scratchLength);
        _vectors = [new float[vectorLength * images], new float[vectorLength * images]];
    }

    /// <summary>Images that it has room for.</summary>
    public int Images { get; }

    public float* Scratch => _scratch.Pointer;

    public float* Separate(int which) => _separate[which].Pointer;

    public float* Joint(int which) => _joint[which].Pointer;

    public Span<float> Vectors(int which) => _vectors[which];

    public void Dispose()
    {
        foreach (AlignedMemory memory in _separate.Concat(_joint).Append(_scratch))
        {
            memory.Dispose();
        }
    }
}
