using System.Runtime.InteropServices;
using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.Backbones;

/// <summary>A dense layer with bias, and ReLU where the layer has it: rows of inputs to rows of outputs.</summary>
internal sealed unsafe class DenseProduct : IDisposable
{
    /// <summary>Blocks of inputs at a time: 12 rows of them and the weights of 32 outputs fit the cache.</summary>
    private const int BlocksAtATime = 256;

    /// <summary>Panels of a part of the work: as many read the same inputs from the cache.</summary>
    private const int PanelsAtATime = 8;

    private readonly AlignedMemory _panels;
    private readonly float[] _bias;
    private readonly bool _rectifies;
    private readonly int _panelCount;
    private readonly int _blocks;

    /// <param name="layer">The layer.</param>
    /// <param name="weights">Gives its tensors.</param>
    public DenseProduct(VggLayer layer, Func<TensorSpecification, ModelTensor> weights)
    {
        (Inputs, Outputs, _rectifies) = (layer.Input.Channels, layer.Output.Channels, layer.HasReLU);
        _blocks = (Inputs + BlockedMap.Lanes - 1) / BlockedMap.Lanes;
        _panelCount = (Outputs + MatrixKernel.Columns - 1) / MatrixKernel.Columns;
        _panels = Pack(weights(layer.Tensors[0]));
        _bias = weights(layer.Tensors[1]).ToSingles();
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>The sums of some panels, and those of a part of the inputs.</summary>
    public static long ScratchLength => (PanelsAtATime + 1) * SumsLength;

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

    /// <summary>Puts a vector where <see cref="Run"/> looks for a row of its input; what completes the last block is zero.</summary>
    public static void Write(ReadOnlySpan<float> vector, float* rows, int row)
    {
        for (int i = 0; i < VectorLength(vector.Length); i++)
        {
            *At(rows, vector.Length, row, i) = i < vector.Length ? vector[i] : 0;
        }
    }

    /// <summary>Takes a vector from where <see cref="Run"/> puts a row of its output.</summary>
    public static void Read(float* rows, int row, Span<float> vector)
    {
        for (int i = 0; i < vector.Length; i++)
        {
            vector[i] = *At(rows, vector.Length, row, i);
        }
    }

    /// <summary>Singles that a vector takes, in whole blocks.</summary>
    public static nint VectorLength(int length) => ((nint)length + BlockedMap.Lanes - 1) / BlockedMap.Lanes * BlockedMap.Lanes;

    /// <param name="input">(rows, inputs), as <see cref="Write"/> puts them.</param>
    /// <param name="output">Gets (rows, outputs), laid out in the same way.</param>
    /// <param name="rows">Images.</param>
    /// <param name="workspace">Whose threads share the work; it has at least <see cref="ScratchLength"/> singles for each.</param>
    /// <param name="cancellationToken">Ends the work within milliseconds.</param>
    public void Run(float* input, float* output, int rows, WinogradWorkspace workspace, CancellationToken cancellationToken)
    {
        int groups = (rows + MatrixKernel.Rows - 1) / MatrixKernel.Rows;
        workspace.ForEachPart((_panelCount + PanelsAtATime - 1) / PanelsAtATime, (part, scratch) =>
        {
            int first = part * PanelsAtATime;
            int count = Math.Min(PanelsAtATime, _panelCount - first);
            for (int group = 0; group < groups; group++)
            {
                nint rowsBefore = (nint)group * MatrixKernel.Rows;
                Multiply(input + (rowsBefore * VectorLength(Inputs)), first, count, scratch);
                Activate(scratch, output + (rowsBefore * VectorLength(Outputs)), first, count);
            }
        }, cancellationToken);
    }

    public void Dispose() => _panels.Dispose();

    /// <summary>12 rows lie beside each other: (12 rows, block of 16 numbers, row, number in block).</summary>
    private static float* At(float* rows, int length, int row, int number) =>
        rows + (row / MatrixKernel.Rows * VectorLength(length) * MatrixKernel.Rows)
            + ((nint)(number / BlockedMap.Lanes) * MatrixKernel.Rows * BlockedMap.Lanes) + (row % MatrixKernel.Rows * BlockedMap.Lanes) + (number % BlockedMap.Lanes);

    private static int SumsLength => MatrixKernel.Rows * MatrixKernel.Columns;

    /// <param name="input">12 rows.</param>
    /// <param name="first">The first panel.</param>
    /// <param name="count">How many.</param>
    /// <param name="sums">Gets their sums, and behind them those of a part of the inputs.</param>
    private void Multiply(float* input, int first, int count, float* sums)
    {
        const int Block = MatrixKernel.Rows * BlockedMap.Lanes;
        float* part = sums + (count * SumsLength);
        new Span<float>(sums, count * SumsLength).Clear();
        for (int block = 0; block < _blocks; block += BlocksAtATime)
        {
            for (int panel = 0; panel < count; panel++)
            {
                float* weights = _panels.Pointer + ((((nint)(first + panel) * _blocks) + block) * BlockedMap.Lanes * MatrixKernel.Columns);
                MatrixKernel.Multiply<ChannelRows>(input + ((nint)block * Block), Block, Math.Min(BlocksAtATime, _blocks - block), weights, part, MatrixKernel.Columns, BlockedMap.Lanes);
                float* to = sums + (panel * SumsLength);
                for (int i = 0; i < SumsLength; i++)
                {
                    to[i] += part[i];
                }
            }
        }
    }

    private void Activate(float* sums, float* output, int first, int count)
    {
        int end = Math.Min((first + count) * MatrixKernel.Columns, (int)VectorLength(Outputs));
        for (int at = first * MatrixKernel.Columns; at < end; at++)
        {
            float* column = sums + (((at / MatrixKernel.Columns) - first) * SumsLength) + (at % MatrixKernel.Columns);
            for (int row = 0; row < MatrixKernel.Rows; row++)
            {
                float sum = at < Outputs ? column[row * MatrixKernel.Columns] + _bias[at] : 0;
                *At(output, Outputs, row, at) = _rectifies ? Math.Max(sum, 0) : sum;
            }
        }
    }
}
