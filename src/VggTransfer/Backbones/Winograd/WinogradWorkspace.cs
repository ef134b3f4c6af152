namespace VggTransfer.Backbones;

/// <summary>A part of a layer's work.</summary>
/// <param name="part">Its number.</param>
/// <param name="scratch">Memory of the thread that does it, to write and forget.</param>
internal unsafe delegate void PartOfLayer(int part, float* scratch);

/// <summary>Memory and threads of one run; the memory is used again by the next.</summary>
internal sealed unsafe class WinogradWorkspace : IDisposable
{
    // The last pixels of a map may be multiplied together with what lies behind them.
    private const long Slack = MatrixKernel.Rows * BlockedMap.Lanes;

    private readonly AlignedMemory[] _separate;
    private readonly AlignedMemory[] _joint;
    private readonly AlignedMemory[] _vectors;
    private readonly AlignedMemory?[] _scratch;
    private readonly WorkspaceLengths _lengths;

    /// <param name="images">Images of a run.</param>
    /// <param name="lengths">How much memory layers need.</param>
    /// <param name="mostThreads">Threads that may ever work on a run.</param>
    public WinogradWorkspace(int images, WorkspaceLengths lengths, int mostThreads)
    {
        Images = images;
        _lengths = lengths;
        _separate = [new AlignedMemory(lengths.Separate + Slack), new AlignedMemory(lengths.Separate + Slack)];
        _joint = [new AlignedMemory((lengths.Joint * images) + Slack), new AlignedMemory((lengths.Joint * images) + Slack)];
        _vectors = lengths.Vector == 0 ? [] : [.. Enumerable.Range(0, 2).Select(_ => new AlignedMemory(lengths.Vector * RowsOf(images)))];
        _scratch = new AlignedMemory?[mostThreads];
    }

    /// <summary>Images that it has room for.</summary>
    public int Images { get; }

    /// <summary>Threads that share a layer, 1 to those that it was made for.</summary>
    public int Threads { get; set; } = 1;

    public float* Separate(int which) => _separate[which].Pointer;

    public float* Joint(int which) => _joint[which].Pointer;

    /// <summary>Room for the vectors of dense layers, as <see cref="DenseProduct"/> takes them.</summary>
    public float* Vectors(int which) => _vectors[which].Pointer;

    /// <summary>Does all parts of a layer's work, in any order, each once.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled; the parts under way have been done.</exception>
    public void ForEachPart(int parts, PartOfLayer work, CancellationToken cancellationToken)
    {
        int workers = Math.Min(Threads, parts);
        int next = -1;
        if (workers == 1)
        {
            Drain(0);
        }
        else
        {
            Parallel.For(0, workers, new ParallelOptions { MaxDegreeOfParallelism = workers }, Drain);
        }

        cancellationToken.ThrowIfCancellationRequested();

        void Drain(int worker)
        {
            float* scratch = (_scratch[worker] ??= new AlignedMemory(_lengths.Scratch)).Pointer;
            for (int part = Interlocked.Increment(ref next); part < parts && !cancellationToken.IsCancellationRequested; part = Interlocked.Increment(ref next))
            {
                work(part, scratch);
            }
        }
    }

    public void Dispose()
    {
        foreach (AlignedMemory? memory in _separate.Concat(_joint).Concat(_vectors).Concat(_scratch))
        {
            memory?.Dispose();
        }
    }

    private static long RowsOf(int images) => (images + MatrixKernel.Rows - 1L) / MatrixKernel.Rows * MatrixKernel.Rows;
}

/// <summary>Singles that the layers of a network need.</summary>
/// <param name="Separate">Of the largest map of one image, of those that are computed image by image.</param>
/// <param name="Joint">Of the largest map of one image, of those that are computed for all images together.</param>
/// <param name="Scratch">For what a thread writes and forgets.</param>
/// <param name="Vector">Of the longest vector of dense layers, in whole blocks; 0 without such layers.</param>
internal sealed record WorkspaceLengths(long Separate, long Joint, long Scratch, long Vector);
