namespace VggTransfer.Backbones;

/// <summary>A layer from map to map. Holds nothing that changes, so threads share it.</summary>
/// <param name="input">How the maps that it takes lie.</param>
/// <param name="output">How the maps that it makes lie.</param>
internal abstract unsafe class MapStep(BlockedMap input, BlockedMap output)
{
    public BlockedMap Input { get; } = input;

    public BlockedMap Output { get; } = output;

    /// <summary>Singles that a thread writes and forgets.</summary>
    public abstract long ScratchLength { get; }

    /// <param name="input">The maps of some images, one behind the other.</param>
    /// <param name="output">Gets as many maps, margins included.</param>
    /// <param name="images">How many.</param>
    /// <param name="workspace">Whose threads share the work; it has at least <see cref="ScratchLength"/> singles for each.</param>
    /// <param name="cancellationToken">Ends the work within milliseconds.</param>
    public abstract void Run(float* input, float* output, int images, WinogradWorkspace workspace, CancellationToken cancellationToken);
}
