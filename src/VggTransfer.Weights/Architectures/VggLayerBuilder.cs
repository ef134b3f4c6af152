namespace VggTransfer.Architectures;

/// <summary>Turns an architecture's options into its layers: the one place that knows how a VGG is put together.</summary>
internal sealed class VggLayerBuilder
{
    private readonly VggArchitecture _architecture;
    private readonly List<VggLayer> _layers = [];
    private VggShape _shape;
    private int _receptiveField = 1;
    private int _stride = 1;

    // torchvision numbers the modules of `features`, activations included.
    private int _featureIndex;

    private VggLayerBuilder(VggArchitecture architecture)
    {
        _architecture = architecture;
        _shape = new VggShape(3, architecture.InputSize, architecture.InputSize);
    }

    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range.</exception>
    public static IReadOnlyList<VggLayer> Build(VggArchitecture architecture)
    {
        OptionRange.Check(architecture);
        return new VggLayerBuilder(architecture).Build();
    }

    private List<VggLayer> Build()
    {
        int[][] kernels = VggConfigurationTable.Kernels(_architecture.Configuration);
        for (int block = 1; block <= kernels.Length; block++)
        {
            for (int number = 1; number <= kernels[block - 1].Length; number++)
            {
                AddConvolution(block, number, kernels[block - 1][number - 1]);
            }

            if (block < kernels.Length || _architecture.FifthPool)
            {
                AddPool(block);
            }
        }

        if (_architecture.IncludeTop)
        {
            AddTop();
        }

        return _layers;
    }

    private void AddConvolution(int block, int number, int kernel)
    {
        int filters = _architecture.BlockWidth(block);
        string name = $"block{block}_conv{number}";
        string torchName = TorchModules.Feature(_featureIndex++);
        VggShape input = _shape;
        _shape = _shape with { Channels = filters };
        _receptiveField += (kernel - 1) * _stride;
        _layers.Add(new VggLayer
        {
            Kind = VggLayerKind.Convolution,
            Name = name,
            TorchName = torchName,
            Block = block,
            Input = input,
            Output = _shape,
            KernelSize = kernel,
            ReceptiveField = _receptiveField,
            Stride = _stride,
            HasReLU = !_architecture.BatchNorm,
            Tensors =
            [
                new($"{torchName}.weight", [filters, input.Channels, kernel, kernel], Trainable: true),
                new($"{torchName}.bias", [filters], Trainable: true),
            ],
        });
        if (_architecture.BatchNorm)
        {
            AddBatchNormalization(block, $"{name}_bn", filters);
        }

        // The activation behind it.
        _featureIndex++;
    }

    private void AddBatchNormalization(int block, string name, int channels)
    {
        string torchName = TorchModules.Feature(_featureIndex++);
        _layers.Add(new VggLayer
        {
            Kind = VggLayerKind.BatchNormalization,
            Name = name,
            TorchName = torchName,
            Block = block,
            Input = _shape,
            Output = _shape,
            ReceptiveField = _receptiveField,
            Stride = _stride,
            HasReLU = true,
            Tensors =
            [
                new($"{torchName}.weight", [channels], Trainable: true),
                new($"{torchName}.bias", [channels], Trainable: true),
                new($"{torchName}.running_mean", [channels], Trainable: false),
                new($"{torchName}.running_var", [channels], Trainable: false),
            ],
        });
    }

    private void AddPool(int block)
    {
        VggShape input = _shape;
        _shape = _shape with { Height = _shape.Height / 2, Width = _shape.Width / 2 };
        _receptiveField += _stride;
        _stride *= 2;
        _layers.Add(new VggLayer
        {
            Kind = VggLayerKind.MaxPooling,
            Name = $"block{block}_pool",
            TorchName = TorchModules.Feature(_featureIndex++),
            Block = block,
            Input = input,
            Output = _shape,
            KernelSize = 2,
            ReceptiveField = _receptiveField,
            Stride = _stride,
        });
    }

    private void AddTop()
    {
        VggShape map = _shape;
        _shape = new VggShape(map.ElementCount, 1, 1, IsVector: true);
        _receptiveField = _architecture.InputSize;
        _stride = _architecture.InputSize;
        _layers.Add(new VggLayer
        {
            Kind = VggLayerKind.Flatten,
            Name = "flatten",
            TorchName = null,
            Block = 0,
            Input = map,
            Output = _shape,
            ReceptiveField = _receptiveField,
            Stride = _stride,
        });

        for (int hidden = 0; hidden < _architecture.HiddenDenseLayers; hidden++)
        {
            AddDense($"fc{hidden + 1}", hidden, _architecture.DenseUnits, hidden: true);
        }

        AddDense("predictions", _architecture.HiddenDenseLayers, _architecture.Classes, hidden: false);
    }

    private void AddDense(string name, int index, int units, bool hidden)
    {
        string torchName = TorchModules.Dense(index);
        VggShape input = _shape;
        _shape = new VggShape(units, 1, 1, IsVector: true);
        _layers.Add(new VggLayer
        {
            Kind = VggLayerKind.Dense,
            Name = name,
            TorchName = torchName,
            Block = 0,
            Input = input,
            Output = _shape,
            ReceptiveField = _receptiveField,
            Stride = _stride,
            HasReLU = hidden,
            Tensors =
            [
                new($"{torchName}.weight", [units, input.Channels], Trainable: true),
                new($"{torchName}.bias", [units], Trainable: true),
            ],
        });
        if (hidden && _architecture.Dropout > 0)
        {
            _layers.Add(new VggLayer
            {
                Kind = VggLayerKind.Dropout,
                Name = $"{name}_dropout",
                TorchName = TorchModules.Dropout(index),
                Block = 0,
                Input = _shape,
                Output = _shape,
                ReceptiveField = _receptiveField,
                Stride = _stride,
            });
        }
    }
}
