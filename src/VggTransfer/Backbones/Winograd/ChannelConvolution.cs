using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Backbones;

/// <summary>A convolution of 1 x 1 (configuration C) with bias and ReLU: a plain product, pixels by channels.</summary>
internal sealed unsafe class ChannelConvolution : MapStep, IDisposable
{
    private readonly AlignedMemory _panels;
    private readonly AlignedMemory _bias;
    private readonly int _panelCount;

    public ChannelConvolution(FoldedConvolution weights, BlockedMap input)
        : base(input, input with { Channels = weights.Shape[0] })
    {
        int outputs = weights.Shape[0];
        _panelCount = (outputs + MatrixKernel.Columns - 1) / MatrixKernel.Columns;
        _panels = DenseProduct.Pack(ModelTensor.FromFloat32(weights.KernelName, weights.Shape, weights.KernelValues()));
        _bias = new AlignedMemory((long)_panelCount * MatrixKernel.Columns);
        weights.BiasValues().CopyTo(new Span<float>(_bias.Pointer, outputs));
    }

    /// <summary>12 pixels for each block of outputs, and what the last group of a map reads behind its end.</summary>
    public override long ScratchLength => 2 * MatrixKernel.Rows * BlockedMap.Lanes;

    public override void Run(float* input, float* output, int images, WinogradWorkspace workspace, CancellationToken cancellationToken)
    {
        for (int image = 0; image < images; image++)
        {
            Output.ClearMargin(output + (image * Output.Length));
        }

        workspace.ForEachPart(images * Input.Height, (row, scratch) =>
        {
            (int image, int y) = Math.DivRem(row, Input.Height);
            for (int x = 0; x < Input.Width; x += MatrixKernel.Rows)
            {
                MultiplyPixels(input + (image * Input.Length), output + (image * Output.Length), x, y, scratch);
            }
        }, cancellationToken);
    }

    public void Dispose()
    {
        _panels.Dispose();
        _bias.Dispose();
    }

    private void MultiplyPixels(float* input, float* output, int x, int y, float* sums)
    {
        float* pixels = input + Input.Origin + (y * (nint)Input.RowStride) + (x * BlockedMap.Lanes);
        float* to = output + Output.Origin + (y * (nint)Output.RowStride) + (x * BlockedMap.Lanes);
        for (int panel = 0; panel < _panelCount; panel++)
        {
            float* weights = _panels.Pointer + ((nint)panel * Input.Blocks * BlockedMap.Lanes * MatrixKernel.Columns);
            MatrixKernel.Multiply<ChannelRows>(pixels, Input.BlockStride, Input.Blocks, weights, sums, BlockedMap.Lanes, MatrixKernel.Rows * BlockedMap.Lanes);
            for (int block = 2 * panel; block < Math.Min((2 * panel) + 2, Output.Blocks); block++)
            {
                Activation.AddBiasAndRectify(sums + (block % 2 * MatrixKernel.Rows * BlockedMap.Lanes), _bias.Pointer + (block * BlockedMap.Lanes), to + (block * Output.BlockStride), Math.Min(MatrixKernel.Rows, Input.Width - x));
            }
        }
    }
}
