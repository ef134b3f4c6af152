using System.Buffers;
using System.Collections.Concurrent;
using VggTransfer.Architectures;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Backbones;

/// <summary>
/// A VGG in 4-byte floating point whose convolutions of 3 x 3 take a quarter of the multiplications. A run takes the threads that other
/// runs leave; an image's features are the same bits in any batch, on any number of threads and with vectors of 8 or 16.
/// </summary>
internal sealed unsafe class WinogradNetwork : IFeatureNetwork
{
    /// <summary>Images whose maps are in memory at a time; larger batches go in parts.</summary>
    private const int MostImages = 16;

    /// <summary>From maps of so few tiles on, the images of a batch go through a layer together, because each reads all its weights.</summary>
    private const int FewTiles = 64;

    private readonly PixelConvolution _first;
    private readonly List<MapStep> _steps = [];
    private readonly List<DenseProduct> _dense = [];
    private readonly List<LayerReader> _readers = [];
    private readonly ConcurrentBag<WinogradWorkspace> _spare = [];

    // Steps before this one take one image after the other.
    private readonly int _joint;

    private readonly WorkspaceLengths _lengths;
    private readonly int _threads;
    private int _runs;

    /// <param name="weights">The weights; not needed afterwards.</param>
    /// <param name="layer">What the features are.</param>
    /// <param name="threads">Threads that all runs share; with as many runs at a time, or more, each has one.</param>
    /// <exception cref="FeatureLayerNotFoundException">The network has no such layer; the message says what to use instead.</exception>
    public WinogradNetwork(FoldedVgg weights, FeatureLayer layer, int threads)
    {
        _threads = threads;
        VggArchitecture architecture = weights.Architecture;
        InputSize = architecture.InputSize;
        Dimension = layer.Dimension(architecture);
        var sources = new List<(FeatureSource Source, string Layer, int Start)>();
        int start = 0;
        foreach (FeatureSource source in layer.Sources)
        {
            sources.Add((source, VggFeatureLayers.Locate(source, architecture).Name, start));
            start += new FeatureLayer([source]).Dimension(architecture);
        }

        IReadOnlyList<VggLayer> layers = [.. architecture.Layers.Where(l => l.Kind is VggLayerKind.Convolution or VggLayerKind.MaxPooling or VggLayerKind.Dense)];
        int last = layers.Index().Where(l => sources.Any(source => source.Layer == l.Item.Name)).Max(l => l.Index);
        BlockedMap map = default;
        for (int i = 0; i <= last; i++)
        {
            VggLayer at = layers[i];
            switch (at.Kind)
            {
                case VggLayerKind.Convolution:
                    FoldedConvolution convolution = weights.Convolution(at);
                    if (i == 0)
                    {
                        _first = new PixelConvolution(convolution, weights.MeanPixel, InputSize);
                        map = _first.Output;
                    }
                    else if (at.KernelSize == 1)
                    {
                        _steps.Add(new ChannelConvolution(convolution, map));
                    }
                    else
                    {
                        bool pools = i < last && layers[i + 1].Kind == VggLayerKind.MaxPooling && sources.All(source => source.Layer != at.Name);
                        _steps.Add(new WinogradConvolution(convolution, map, pools));
                        i = pools ? i + 1 : i;
                    }

                    break;
                case VggLayerKind.MaxPooling:
                    _steps.Add(new MapPooling(map));
                    break;
                default:
                    _dense.Add(new DenseProduct(at, weights.Tensor));
                    break;
            }

            map = _steps.Count > 0 ? _steps[^1].Output : map;
            _readers.AddRange(sources.Where(source => source.Layer == layers[i].Name).Select(source => new LayerReader(source.Source, _steps.Count, _dense.Count, source.Start)));
        }

        _joint = _steps.FindIndex(step => step.Input.Tiles <= FewTiles);
        _joint = _joint < 0 ? _steps.Count : _joint;
        _lengths = new WorkspaceLengths(
            _steps.Take(_joint).Select(step => step.Output.Length).Append(_first!.Output.Length).Max(),
            _steps.Skip(_joint).Select(step => step.Output.Length).Append(LastMap.Length).Append(JointMap.Length).Max(),
            _steps.Select(step => step.ScratchLength).Append(DenseProduct.ScratchLength).Append(_first.ScratchLength).Max(),
            _dense.Count == 0 ? 0 : _dense.Max(dense => DenseProduct.VectorLength(Math.Max(dense.Inputs, dense.Outputs))));
    }

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public int InputSize { get; }

    /// <inheritdoc/>
    public void Run(Memory<byte> pixels, int count, Memory<float> features, CancellationToken cancellationToken = default)
    {
        int atATime = Math.Min(count, MostImages);
        if (!_spare.TryTake(out WinogradWorkspace? workspace) || workspace.Images < atATime)
        {
            workspace?.Dispose();
            workspace = new WinogradWorkspace(atATime, _lengths, _threads);
        }

        Interlocked.Increment(ref _runs);
        try
        {
            using MemoryHandle pinned = pixels.Pin();
            for (int first = 0; first < count; first += atATime)
            {
                int images = Math.Min(atATime, count - first);
                RunPart(workspace, (byte*)pinned.Pointer + (first * BytesPerImage), images, features.Span.Slice(first * Dimension, images * Dimension), cancellationToken);
            }
        }
        finally
        {
            Interlocked.Decrement(ref _runs);
            _spare.Add(workspace);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _first.Dispose();
        foreach (IDisposable step in _steps.OfType<IDisposable>().Concat(_dense))
        {
            step.Dispose();
        }

        foreach (WinogradWorkspace workspace in _spare)
        {
            workspace.Dispose();
        }
    }

    /// <summary>What images go through together begins with this map.</summary>
    private BlockedMap JointMap => _joint == 0 ? _first.Output : _steps[_joint - 1].Output;

    private nint BytesPerImage => (nint)InputSize * InputSize * 3;

    private BlockedMap LastMap => _steps.Count == 0 ? _first.Output : _steps[^1].Output;

    private void RunPart(WinogradWorkspace workspace, byte* pixels, int images, Span<float> features, CancellationToken cancellationToken)
    {
        for (int image = 0; image < images; image++)
        {
            float* map = _joint == 0 ? workspace.Joint(0) + (image * JointMap.Length) : workspace.Separate(0);
            TakeThreads(workspace);
            _first.Run(pixels + (image * BytesPerImage), map, workspace, cancellationToken);
            ReadMaps(0, map, _first.Output, 1, features.Slice(image * Dimension, Dimension));
            for (int step = 0; step < _joint; step++)
            {
                float* next = step == _joint - 1 ? workspace.Joint(0) + (image * JointMap.Length) : workspace.Separate((step + 1) % 2);
                TakeThreads(workspace);
                _steps[step].Run(map, next, 1, workspace, cancellationToken);
                map = next;
                ReadMaps(step + 1, map, _steps[step].Output, 1, features.Slice(image * Dimension, Dimension));
            }
        }

        float* maps = workspace.Joint(0);
        for (int step = _joint; step < _steps.Count; step++)
        {
            float* next = workspace.Joint((step - _joint + 1) % 2);
            TakeThreads(workspace);
            _steps[step].Run(maps, next, images, workspace, cancellationToken);
            maps = next;
            ReadMaps(step + 1, maps, _steps[step].Output, images, features);
        }

        if (_dense.Count > 0)
        {
            RunDense(workspace, maps, images, features, cancellationToken);
        }
    }

    private void TakeThreads(WinogradWorkspace workspace) => workspace.Threads = Math.Max(1, _threads / Math.Max(1, Volatile.Read(ref _runs)));

    private void RunDense(WinogradWorkspace workspace, float* maps, int images, Span<float> features, CancellationToken cancellationToken)
    {
        float* vectors = workspace.Vectors(0);
        float[] values = ArrayPool<float>.Shared.Rent(_dense.Max(dense => Math.Max(dense.Inputs, dense.Outputs)));
        for (int image = 0; image < images; image++)
        {
            MapReading.Flatten(maps + (image * LastMap.Length), LastMap, values.AsSpan(0, _dense[0].Inputs));
            DenseProduct.Write(values.AsSpan(0, _dense[0].Inputs), vectors, image);
        }

        for (int i = 0; i < _dense.Count; i++)
        {
            float* next = workspace.Vectors((i + 1) % 2);
            TakeThreads(workspace);
            _dense[i].Run(vectors, next, images, workspace, cancellationToken);
            vectors = next;
            foreach (LayerReader reader in _readers.Where(reader => reader.Dense == i + 1))
            {
                for (int image = 0; image < images; image++)
                {
                    DenseProduct.Read(vectors, image, values.AsSpan(0, _dense[i].Outputs));
                    reader.Read(values.AsSpan(0, _dense[i].Outputs), features[(image * Dimension)..]);
                }
            }
        }

        ArrayPool<float>.Shared.Return(values);
    }

    private void ReadMaps(int steps, float* maps, BlockedMap map, int images, Span<float> features)
    {
        foreach (LayerReader reader in _readers)
        {
            if (reader.Steps != steps || reader.Dense != 0)
            {
                continue;
            }

            for (int image = 0; image < images; image++)
            {
                reader.Read(maps + (image * map.Length), map, features[(image * Dimension)..]);
            }
        }
    }
}
