using System.Numerics;
using System.Runtime.Intrinsics;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Backbones;

/// <summary>A convolution of 3 x 3 with bias and ReLU, and perhaps the pool of 2 x 2 behind it.</summary>
/// <remarks>
/// For some tiles at a time: their 36 factors, for each of these a product of matrices (tiles x inputs) by (inputs x outputs), 32
/// outputs at a time, and back to tiles while the products lie in the cache.
/// </remarks>
internal sealed unsafe class WinogradConvolution : MapStep, IDisposable
{
    /// <summary>Groups of 12 tiles at a time, at most. Fewer read the weights more often, more leave less room in the cache.</summary>
    private const int LargestGroups = 11;

    /// <summary>Bytes of a tile group's factors and products that stay in the cache of a processor while the weights pass by.</summary>
    private const long CacheBudget = 400 << 10;

    private readonly AlignedMemory _factors;
    private readonly AlignedMemory _bias;
    private readonly bool _pools;
    private readonly int _panels;
    private readonly int _groups;

    public WinogradConvolution(FoldedConvolution weights, BlockedMap input, bool pools)
        : base(input, OutputOf(input, weights.Shape[0], pools))
    {
        int outputs = weights.Shape[0];
        _pools = pools;
        _panels = (outputs + MatrixKernel.Columns - 1) / MatrixKernel.Columns;
        long perGroup = (long)TileTransform.Points * MatrixKernel.Rows * (input.Blocks * BlockedMap.Lanes) * sizeof(float);
        _groups = input.Blocks * BlockedMap.Lanes * Output.Channels >= 256 * 256 ? LargestGroups : (int)Math.Clamp(CacheBudget / perGroup, 1, LargestGroups);
        _factors = TransformKernels(weights.KernelValues(), outputs, input, _panels);
        _bias = new AlignedMemory(_panels * MatrixKernel.Columns);
        weights.BiasValues().CopyTo(new Span<float>(_bias.Pointer, outputs));
    }

    public override long ScratchLength => FactorsLength + ProductsLength + ((TileTransform.Points + (2 * BlockedMap.Tile * BlockedMap.Tile)) * BlockedMap.Lanes);

    public override void Run(float* input, float* output, int images, WinogradWorkspace workspace, CancellationToken cancellationToken)
    {
        for (int image = 0; image < images; image++)
        {
            Output.ClearMargin(output + (image * Output.Length));
        }

        int tiles = images * Input.Tiles;
        (int tilesAtATime, int shares) = Divide(tiles, workspace.Threads);
        int ranges = (tiles + tilesAtATime - 1) / tilesAtATime;
        workspace.ForEachPart(ranges * shares, (part, scratch) =>
        {
            (int range, int share) = Math.DivRem(part, shares);
            int first = range * tilesAtATime;
            RunPart(input, output, first, Math.Min(tilesAtATime, tiles - first), _panels * share / shares, _panels * (share + 1) / shares, scratch);
        }, cancellationToken);
    }

    public void Dispose()
    {
        _factors.Dispose();
        _bias.Dispose();
    }

    /// <summary>So that each thread has as much to do: ranges of tiles, and where these are too few, shares of the outputs as well.</summary>
    private (int TilesAtATime, int Shares) Divide(int tiles, int threads)
    {
        int most = _groups * MatrixKernel.Rows;
        int ranges = (tiles + most - 1) / most;
        if (ranges < threads)
        {
            // Each share takes the input's factors anew, which costs little beside the products.
            return (most, Math.Min(_panels, threads / (int)BigInteger.GreatestCommonDivisor(ranges, threads)));
        }

        ranges = (ranges + threads - 1) / threads * threads;
        int groups = (tiles + (ranges * MatrixKernel.Rows) - 1) / (ranges * MatrixKernel.Rows);
        return (groups * MatrixKernel.Rows, 1);
    }

    private void RunPart(float* input, float* output, int first, int count, int firstPanel, int endPanel, float* scratch)
    {
        float* products = scratch + FactorsLength;
        float* rest = products + ProductsLength;
        TransformInput(input, first, count, scratch, (Vector256<float>*)rest);
        for (int panel = firstPanel; panel < endPanel; panel++)
        {
            Multiply(panel, count, scratch, products);
            TransformOutput(panel, output, first, count, products, rest);
        }
    }

    private int StepsPerFactor => Input.Blocks * MatrixKernel.Rows * BlockedMap.Lanes;

    // A line more than a whole number of groups, so that a tile's 36 factors don't fall on the same few lines of the cache.
    private nint PointStride => ((nint)_groups * StepsPerFactor) + BlockedMap.Lanes;

    private long FactorsLength => PointStride * TileTransform.Points;

    private nint ProductBlock => (nint)_groups * MatrixKernel.Rows * TileTransform.Points * BlockedMap.Lanes;

    private long ProductsLength => 2 * ProductBlock;

    private static BlockedMap OutputOf(BlockedMap input, int outputs, bool pools) =>
        pools ? new BlockedMap(outputs, input.Height / 2, input.Width / 2) : input with { Channels = outputs };

    /// <summary>(outputs, inputs, 3, 3) to (panel, factor, input, 32 outputs).</summary>
    private static AlignedMemory TransformKernels(float[] kernels, int outputs, BlockedMap input, int panels)
    {
        const int Columns = MatrixKernel.Columns;
        int channels = input.Channels;
        long pointStride = (long)input.Blocks * BlockedMap.Lanes * Columns;
        var factors = new AlignedMemory(panels * TileTransform.Points * pointStride);
        Parallel.For(0, panels, panel =>
        {
            float* start = factors.Pointer + (panel * TileTransform.Points * pointStride);
            int columns = Math.Min(Columns, outputs - (panel * Columns));
            float* weights = stackalloc float[9 * Columns];
            new Span<float>(weights, 9 * Columns).Clear();
            for (int channel = 0; channel < channels; channel++)
            {
                for (int column = 0; column < columns; column++)
                {
                    ReadOnlySpan<float> kernel = kernels.AsSpan(((((panel * Columns) + column) * channels) + channel) * 9, 9);
                    for (int k = 0; k < kernel.Length; k++)
                    {
                        weights[(k * Columns) + column] = kernel[k];
                    }
                }

                for (int column = 0; column < Columns; column += Vector256<float>.Count)
                {
                    TileTransform.Kernel(weights + column, Columns, start + (channel * Columns) + column, (nint)pointStride);
                }
            }
        });
        return factors;
    }

    private void TransformInput(float* input, long first, int count, float* factors, Vector256<float>* scratch)
    {
        nint blockStride = Input.BlockStride;
        int rowStride = Input.RowStride;
        nint pointStride = PointStride;
        var place = new TilePlace(Input, first);
        for (int tile = 0; tile < count; tile++)
        {
            float* from = input + (place.Image * Input.Length) + ((nint)place.Row * BlockedMap.Tile * rowStride) + (place.Column * BlockedMap.Tile * BlockedMap.Lanes);
            float* to = factors + ((tile / MatrixKernel.Rows) * (nint)StepsPerFactor) + (tile % MatrixKernel.Rows * BlockedMap.Lanes);
            for (int block = 0; block < Input.Blocks; block++)
            {
                TileTransform.Input(from, rowStride, to, pointStride, scratch);
                from += blockStride;
                to += MatrixKernel.Rows * BlockedMap.Lanes;
            }

            place.MoveOn();
        }
    }

    private void Multiply(int panel, int count, float* factors, float* products)
    {
        int groups = (count + MatrixKernel.Rows - 1) / MatrixKernel.Rows;
        int inputs = Input.Blocks * BlockedMap.Lanes;
        const int Row = TileTransform.Points * BlockedMap.Lanes;
        float* weights = _factors.Pointer + ((long)panel * TileTransform.Points * inputs * MatrixKernel.Columns);
        for (int point = 0; point < TileTransform.Points; point++)
        {
            float* v = factors + (point * PointStride);
            float* m = products + (point * BlockedMap.Lanes);
            for (int group = 0; group < groups; group++)
            {
                MatrixKernel.Multiply<ChannelRows>(v, MatrixKernel.Rows * BlockedMap.Lanes, Input.Blocks, weights, m, Row, ProductBlock);
                v += StepsPerFactor;
                m += MatrixKernel.Rows * Row;
            }

            weights += (nint)inputs * MatrixKernel.Columns;
        }
    }

    private void TransformOutput(int panel, float* output, long first, int count, float* products, float* rest)
    {
        int side = _pools ? BlockedMap.Tile / 2 : BlockedMap.Tile;
        int rowStride = Output.RowStride;
        var scratch = (Vector256<float>*)rest;
        float* edge = rest + (TileTransform.Points * BlockedMap.Lanes);
        int blocks = Math.Min(2, Output.Blocks - (2 * panel));
        for (int block = 0; block < blocks; block++)
        {
            float* bias = _bias.Pointer + (((2 * panel) + block) * BlockedMap.Lanes);
            float* m = products + (block * ProductBlock);
            float* map = output + (((2 * panel) + block) * Output.BlockStride) + Output.Origin;
            var place = new TilePlace(Input, first);
            for (int tile = 0; tile < count; tile++)
            {
                int rows = Math.Min(side, Output.Height - (place.Row * side));
                int columns = Math.Min(side, Output.Width - (place.Column * side));
                float* to = map + (place.Image * Output.Length) + ((nint)place.Row * side * rowStride) + (place.Column * side * BlockedMap.Lanes);
                if (rows == side && columns == side)
                {
                    TransformTile(m, bias, to, rowStride, scratch);
                }
                else if (rows > 0 && columns > 0)
                {
                    TransformTile(m, bias, edge, side * BlockedMap.Lanes, scratch);
                    for (int y = 0; y < rows; y++)
                    {
                        new Span<float>(edge + (y * side * BlockedMap.Lanes), columns * BlockedMap.Lanes).CopyTo(new Span<float>(to + (y * rowStride), columns * BlockedMap.Lanes));
                    }
                }

                m += TileTransform.Points * BlockedMap.Lanes;
                place.MoveOn();
            }
        }
    }

    private void TransformTile(float* products, float* bias, float* tile, nint rowStride, Vector256<float>* scratch)
    {
        if (_pools)
        {
            TileTransform.OutputPooled(products, bias, tile, rowStride, scratch);
        }
        else
        {
            TileTransform.Output(products, bias, tile, rowStride, scratch);
        }
    }

    /// <summary>Where a tile lies, of all tiles of all images.</summary>
    private struct TilePlace(BlockedMap map, long tile)
    {
        public int Image { get; private set; } = (int)(tile / map.Tiles);

        public int Row { get; private set; } = (int)(tile % map.Tiles) / map.TileColumns;

        public int Column { get; private set; } = (int)(tile % map.Tiles) % map.TileColumns;

        public void MoveOn()
        {
            if (++Column < map.TileColumns)
            {
                return;
            }

            Column = 0;
            if (++Row == map.TileRows)
            {
                Row = 0;
                Image++;
            }
        }
    }
}
