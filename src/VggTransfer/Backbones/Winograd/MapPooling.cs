using System.Runtime.Intrinsics;

namespace VggTransfer.Backbones;

/// <summary>The largest of each 2 x 2 pixels, where the map before it is wanted as well or wasn't made in tiles.</summary>
internal sealed unsafe class MapPooling(BlockedMap input) : MapStep(input, new BlockedMap(input.Channels, input.Height / 2, input.Width / 2))
{
    public override long ScratchLength => 0;

    public override void Run(float* input, float* output, int images, WinogradWorkspace workspace, CancellationToken cancellationToken) =>
        workspace.ForEachPart(images, (image, _) => PoolMap(input + (image * Input.Length), output + (image * Output.Length)), cancellationToken);

    private void PoolMap(float* input, float* output)
    {
        Output.ClearMargin(output);
        for (int block = 0; block < Input.Blocks; block++)
        {
            for (int y = 0; y < Output.Height; y++)
            {
                PoolRow(input + (block * Input.BlockStride) + Input.Origin + (2 * y * (nint)Input.RowStride), output + (block * Output.BlockStride) + Output.Origin + (y * (nint)Output.RowStride));
            }
        }
    }

    private void PoolRow(float* from, float* to)
    {
        for (int x = 0; x < Output.Width; x++)
        {
            for (int half = 0; half < BlockedMap.Lanes; half += 8)
            {
                float* p = from + half;
                Vector256<float> upper = Vector256.MaxNative(Vector256.Load(p), Vector256.Load(p + BlockedMap.Lanes));
                Vector256<float> lower = Vector256.MaxNative(Vector256.Load(p + Input.RowStride), Vector256.Load(p + Input.RowStride + BlockedMap.Lanes));
                Vector256.MaxNative(upper, lower).Store(to + half);
            }

            from += 2 * BlockedMap.Lanes;
            to += BlockedMap.Lanes;
        }
    }
}
