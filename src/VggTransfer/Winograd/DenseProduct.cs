using System.Runtime.InteropServices;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Winograd;

/// <summary>A dense layer with bias, and ReLU where the layer has it: rows of inputs to rows of outputs.</summary>
internal sealed unsafe class DenseProduct : IDisposable
{
    /// <summary>Blocks of inputs at a time: 12 rows of them and the weights of 32 outputs fit the cache.</summary>
    private const int BlocksAtATime = 256;

    private readonly AlignedMemory _panels;
    private readonly float[] _bias;
    private readonly bool _rectifies;
    private readonly int _panelCount;
    private readonly int _blocks;

    public DenseProduct(VggModel model, VggLayer layer)
    {
        (Inputs, Outputs, _rectifies) = (layer.Input.Channels, layer.Output.Channels, layer.HasReLU);
        _blocks = (Inputs + BlockedMap.Lanes - 1) / BlockedMap.Lanes;
        _panelCount = (Outputs + MatrixKernel.Columns - 1) / MatrixKernel.Columns;
        _panels = Pack(model.Tensors[layer.Tensors[0].Name]);
        _bias = model.Tensors[layer.Tensors[1].Name].ToSingles();
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>12 rows of inputs, their sums, and the sums of a part of the inputs.</summary>
    public long ScratchLength => ((long)_blocks * MatrixKernel.Rows * BlockedMap.Lanes) + ((_panelCount + 1L) * SumsLength);

    /// <summary>(outputs, inputs) to (panel, input, 32 outputs).</summary>
    public static AlignedMemory Pack(ModelTensor weights)
    {
        int outputs = weights.Shape[0];
        int inputs = (int)(weights.ElementCount / outputs);

        // Singles are read where they lie: the first dense layer has a hundred million.
        ReadOnlyMemory<byte> singles = weights.ConvertTo(TensorType.Float32).Data;
        int panels = (outputs + MatrixKernel.Columns - 1) / MatrixKernel.Columns;
        long panelLength = (inputs + BlockedMap.Lanes - 1L) / BlockedMap.Lanes * BlockedMap.Lanes * MatrixKernel.Columns;
        var packed = new AlignedMemory(panels * panelLength);
        Parallel.For(0, panels, panel =>
        {
            float* to = packed.Pointer + (panel * panelLength);
            int columns = Math.Min(MatrixKernel.Columns, outputs - (panel * MatrixKernel.Columns));
            for (int column = 0; column < columns; column++)
            {
                ReadOnlySpan<float> row = MemoryMarshal.Cast<byte, float>(singles.Span).Slice(((panel * MatrixKernel.Columns) + column) * inputs, inputs);
                for (int input = 0; input < row.Length; input++)
                {
                    to[(input * MatrixKernel.Columns) + column] = row[input];
                }
            }
        });
        return packed;
    }

    /// <param name="input">(rows, inputs).</param>
    /// <param name="output">Gets (rows, outputs).</param>
    /// <param name="rows">Images.</param>
    /// <param name="scratch">At least <see cref="ScratchLength"/> singles, at the start of a cache line.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    public void Run(ReadOnlySpan<float> input, Span<float> output, int rows, float* scratch, CancellationToken cancellationToken)
    {
        for (int first = 0; first < rows; first += MatrixKernel.Rows)
        {
            int count = Math.Min(MatrixKernel.Rows, rows - first);
            RunGroup(input.Slice(first * Inputs, count * Inputs), output.Slice(first * Outputs, count * Outputs), count, scratch, cancellationToken);
        }
    }

    public void Dispose() => _panels.Dispose();

    private static int SumsLength => MatrixKernel.Rows * MatrixKernel.Columns;

    private void RunGroup(ReadOnlySpan<float> input, Span<float> output, int rows, float* scratch, CancellationToken cancellationToken)
    {
        const int Block = MatrixKernel.Rows * BlockedMap.Lanes;
        for (int row = 0; row < rows; row++)
        {
            for (int i = 0; i < Inputs; i++)
            {
                scratch[(i / BlockedMap.Lanes * Block) + (row * BlockedMap.Lanes) + (i % BlockedMap.Lanes)] = input[(row * Inputs) + i];
            }

            // What an earlier layer left here may be no number, and even 0 times that is none.
            for (int i = Inputs; i < _blocks * BlockedMap.Lanes; i++)
            {
                scratch[(i / BlockedMap.Lanes * Block) + (row * BlockedMap.Lanes) + (i % BlockedMap.Lanes)] = 0;
            }
        }

        float* part = scratch + ((nint)_blocks * Block);
        float* sums = part + SumsLength;
        new Span<float>(sums, _panelCount * SumsLength).Clear();
        for (int block = 0; block < _blocks; block += BlocksAtATime)
        {
            cancellationToken.ThrowIfCancellationRequested();
            for (int panel = 0; panel < _panelCount; panel++)
            {
                float* weights = _panels.Pointer + ((((nint)panel * _blocks) + block) * BlockedMap.Lanes * MatrixKernel.Columns);
                MatrixKernel.Multiply<ChannelRows>(scratch + (block * Block), Block, Math.Min(BlocksAtATime, _blocks - block), weights, part, MatrixKernel.Columns, BlockedMap.Lanes);
                float* to = sums + (panel * SumsLength);
                for (int i = 0; i < SumsLength; i++)
                {
                    to[i] += part[i];
                }
            }
        }

        for (int row = 0; row < rows; row++)
        {
            for (int o = 0; o < Outputs; o++)
            {
                float sum = sums[(o / MatrixKernel.Columns * SumsLength) + (row * MatrixKernel.Columns) + (o % MatrixKernel.Columns)] + _bias[o];
                output[(row * Outputs) + o] = _rectifies ? Math.Max(sum, 0) : sum;
            }
        }
    }
}
