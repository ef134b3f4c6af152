using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Backbones;

/// <summary>
/// The first convolution: bytes to floating point, the mean pixel subtracted, 3 x 3 with bias and ReLU. With three channels there
/// is nothing to transform; the 27 products of an output are summed as they are.
/// </summary>
internal sealed unsafe class PixelConvolution : IDisposable
{
    private const int Channels = 4;

    /// <summary>Rows of a part of the work: their pixels in floating point fit the cache.</summary>
    private const int RowsAtATime = 16;

    private readonly AlignedMemory _panels;
    private readonly AlignedMemory _bias;
    private readonly float[] _meanPixel;

    public PixelConvolution(FoldedConvolution weights, float[] meanPixel, int size)
    {
        int outputs = weights.Shape[0];
        _meanPixel = meanPixel;
        Output = new BlockedMap(outputs, size, size);
        PanelCount = (outputs + MatrixKernel.Columns - 1) / MatrixKernel.Columns;
        _panels = new AlignedMemory((long)PanelCount * PanelLength);
        _bias = new AlignedMemory((long)PanelCount * MatrixKernel.Columns);
        weights.BiasValues().CopyTo(new Span<float>(_bias.Pointer, outputs));
        float[] kernels = weights.KernelValues();
        for (int i = 0; i < kernels.Length; i++)
        {
            (int output, int channel, int y, int x) = (i / 27, i / 9 % 3, i / 3 % 3, i % 3);
            int input = (((y * 3) + x) * Channels) + channel;
            _panels.Pointer[(output / MatrixKernel.Columns * PanelLength) + (input * MatrixKernel.Columns) + (output % MatrixKernel.Columns)] = kernels[i];
        }
    }

    public BlockedMap Output { get; }

    public long ScratchLength => PixelsLength + (2 * MatrixKernel.Rows * BlockedMap.Lanes);

    /// <param name="pixels">size x size x 3 bytes, RGB.</param>
    /// <param name="output">Gets the map.</param>
    /// <param name="workspace">Whose threads share the work; it has at least <see cref="ScratchLength"/> singles for each.</param>
    /// <param name="cancellationToken">Ends the work within milliseconds.</param>
    public void Run(byte* pixels, float* output, WinogradWorkspace workspace, CancellationToken cancellationToken)
    {
        Output.ClearMargin(output);
        workspace.ForEachPart((Output.Height + RowsAtATime - 1) / RowsAtATime, (part, scratch) => RunRows(pixels, output, part * RowsAtATime, scratch), cancellationToken);
    }

    public void Dispose()
    {
        _panels.Dispose();
        _bias.Dispose();
    }

    private int PanelCount { get; }

    private static int PanelLength => 9 * Channels * MatrixKernel.Columns;

    /// <summary>A line with a pixel before it, one behind it, and as many as complete the last group of 12.</summary>
    private int LineLength => (Output.Width + 2 + MatrixKernel.Rows) * Channels;

    private long PixelsLength => ((((long)LineLength * (RowsAtATime + 2)) + BlockedMap.Lanes - 1) / BlockedMap.Lanes * BlockedMap.Lanes) + BlockedMap.Lanes;

    private void RunRows(byte* pixels, float* output, int first, float* scratch)
    {
        int size = Output.Width;
        ToSingles(pixels, first, scratch);
        float* sums = scratch + PixelsLength;
        for (int y = first; y < Math.Min(size, first + RowsAtATime); y++)
        {
            for (int x = 0; x < size; x += MatrixKernel.Rows)
            {
                int count = Math.Min(MatrixKernel.Rows, size - x);
                for (int panel = 0; panel < PanelCount; panel++)
                {
                    MatrixKernel.Multiply<PixelRows>(
                        scratch + ((y - first) * (nint)LineLength) + (x * Channels), LineLength, 3, _panels.Pointer + (panel * PanelLength), sums, BlockedMap.Lanes, MatrixKernel.Rows * BlockedMap.Lanes);
                    int blocks = Math.Min(2, Output.Blocks - (2 * panel));
                    for (int block = 0; block < blocks; block++)
                    {
                        int at = (2 * panel) + block;
                        float* to = output + (at * Output.BlockStride) + Output.Origin + (y * (nint)Output.RowStride) + (x * BlockedMap.Lanes);
                        Activation.AddBiasAndRectify(sums + (block * MatrixKernel.Rows * BlockedMap.Lanes), _bias.Pointer + (at * BlockedMap.Lanes), to, count);
                    }
                }
            }
        }
    }

    /// <summary>The pixels of some rows and of the row before and behind them; zeros around the picture.</summary>
    private void ToSingles(byte* pixels, int first, float* scratch)
    {
        int size = Output.Width;
        new Span<float>(scratch, (int)PixelsLength).Clear();
        (float r, float g, float b) = (_meanPixel[0], _meanPixel[1], _meanPixel[2]);
        for (int y = Math.Max(0, first - 1); y < Math.Min(size, first + RowsAtATime + 1); y++)
        {
            float* to = scratch + ((y + 1 - first) * (nint)LineLength) + Channels;
            byte* line = pixels + (y * size * 3);
            for (int x = 0; x < size * 3; x += 3)
            {
                to[0] = line[x] - r;
                to[1] = line[x + 1] - g;
                to[2] = line[x + 2] - b;
                to += Channels;
            }
        }
    }
}
