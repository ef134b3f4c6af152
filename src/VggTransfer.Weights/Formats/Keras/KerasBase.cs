using VggTransfer.Architectures;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>
/// The convolutional part of a model: which layers it is, and the proof, as far as the file allows one, that they compute
/// what a VGG computes.
/// </summary>
internal sealed class KerasBase
{
    private readonly KerasContent _content;
    private readonly Func<string, InvalidModelFileException> _fault;

    private KerasBase(KerasContent content, Func<string, InvalidModelFileException> fault)
    {
        _content = content;
        _fault = fault;
    }

    /// <summary>The convolutions in order.</summary>
    public List<KerasOperation> Convolutions { get; } = [];

    /// <summary>The batch norms behind them; as many, or none.</summary>
    public List<KerasOperation> Norms { get; } = [];

    /// <summary>After how many convolutions each pool stands; as far as the file lists pools.</summary>
    public List<int> Pools { get; } = [];

    /// <summary>The configuration that the convolutions are those of.</summary>
    public VggConfiguration Configuration { get; private set; }

    /// <summary>Whether a fifth pool follows; null where the file doesn't say.</summary>
    public bool? FifthPool { get; private set; }

    /// <summary>What comes before the first convolution.</summary>
    public IReadOnlyList<KerasOperation> Before { get; private set; } = [];

    /// <summary>What comes behind the last pool: the head.</summary>
    public IReadOnlyList<KerasOperation> Behind { get; private set; } = [];

    /// <summary>Finds the part.</summary>
    /// <param name="content">The model's layers.</param>
    /// <param name="fault">Makes the exception for a reason.</param>
    public static KerasBase Find(KerasContent content, Func<string, InvalidModelFileException> fault)
    {
        var found = new KerasBase(content, fault);
        found.Walk();
        found.Recognise();
        return found;
    }

    private void Walk()
    {
        IReadOnlyList<KerasOperation> operations = _content.Operations;
        string? scope = BaseScope(operations);
        List<int> places = [.. Enumerable.Range(0, operations.Count).Where(i => operations[i].Kind == KerasKind.Convolution && (scope is null || operations[i].Scope == scope))];
        if (places.Count == 0)
        {
            throw _fault("none of its layers is a convolution, so it holds no VGG");
        }

        (int first, int last) = (places[0], places[^1]);
        Before = [.. operations.Take(first)];
        string? padded = null;
        bool activated = true;
        bool normed = false;
        int position = first;
        for (; position < operations.Count; position++)
        {
            KerasOperation operation = operations[position];
            if (position > last && (!BelongsBehindConvolution(operation, activated) || (scope is { Length: > 0 } && operation.Scope != scope)))
            {
                break;
            }

            if (position > first && !operation.Linked)
            {
                throw _fault($"layer '{Name(operation)}' takes more than the output of the layer before it, and a VGG is a plain chain");
            }

            switch (operation.Kind)
            {
                case KerasKind.Convolution:
                    if (!activated)
                    {
                        throw _fault($"no activation comes before layer '{Name(operation)}', and a VGG has ReLU behind each convolution");
                    }

                    CheckConvolution(operation, padded is not null);
                    Convolutions.Add(operation);
                    activated = KerasSettings.Activation(operation) is null or "relu";
                    normed = false;
                    padded = null;
                    break;
                case KerasKind.BatchNormalization:
                    CheckNorm(operation, activated && _content.HasConfig, normed);
                    Norms.Add(operation);
                    normed = true;
                    break;
                case KerasKind.Activation:
                    CheckActivation(operation);
                    if (!_content.HasConfig && position + 1 < operations.Count && operations[position + 1].Kind == KerasKind.BatchNormalization && !normed)
                    {
                        throw _fault($"batch norm '{Name(operations[position + 1])}' comes behind an activation, and a VGG's comes before; that isn't supported");
                    }

                    activated = true;
                    break;
                case KerasKind.MaxPooling:
                    CheckPool(operation, activated);
                    Pools.Add(Convolutions.Count);
                    break;
                case KerasKind.ZeroPadding when KerasSettings.IsAll(operation, 1, "padding") ?? true:
                    padded = operation.Name;
                    break;
                case KerasKind.Inert or KerasKind.Input:
                    break;
                case KerasKind.Other when operation.Weights is null && !_content.HasConfig:
                    // A name that says nothing; it may be a dropout, or an activation.
                    break;
                default:
                    throw _fault($"layer '{Name(operation)}' stands among the convolutions, and a VGG has no such layer there");
            }
        }

        Behind = [.. operations.Skip(position)];
        if (!activated && _content.HasConfig)
        {
            throw _fault($"no activation comes behind layer '{Name(operations[last])}', and a VGG has ReLU behind each convolution");
        }

        CheckNormsOfLists(operations, first, last);
    }

    /// <summary>
    /// Where the layers are listed without settings and batch norm is followed by the next convolution or pool at once, the
    /// activation can only be inside the convolution: before batch norm, not behind it.
    /// </summary>
    private void CheckNormsOfLists(IReadOnlyList<KerasOperation> operations, int first, int last)
    {
        if (_content.HasConfig || !_content.ListsLayers || operations[first].Scope.Length > 0)
        {
            return;
        }

        for (int i = first; i < last; i++)
        {
            if (operations[i].Kind == KerasKind.BatchNormalization && operations[i + 1].Kind is KerasKind.Convolution or KerasKind.MaxPooling)
            {
                throw _fault($"no activation is listed behind batch norm '{Name(operations[i])}', so it comes before, and a VGG's comes behind; that isn't supported");
            }
        }
    }

    /// <summary>The nested model, or the outermost, that has a VGG's number of convolutions; null where only all models together may.</summary>
    private static string? BaseScope(IReadOnlyList<KerasOperation> operations)
    {
        int[] counts = [.. Enum.GetValues<VggConfiguration>().Select(configuration => VggConfigurationTable.Kernels(configuration).Sum(block => block.Length))];
        IGrouping<string, KerasOperation>[] scopes = [.. operations.Where(operation => operation.Kind == KerasKind.Convolution).GroupBy(operation => operation.Scope)];
        return scopes.FirstOrDefault(scope => counts.Contains(scope.Count()))?.Key;
    }

    /// <summary>Batch norm, activation and pool of the last convolution still belong to the part.</summary>
    private bool BelongsBehindConvolution(KerasOperation operation, bool activated)
    {
        bool pooled = Pools.Count > 0 && Pools[^1] == Convolutions.Count;
        return operation.Kind switch
        {
            KerasKind.BatchNormalization => !pooled && Norms.Count < Convolutions.Count && (Norms.Count > 0 || !activated),
            KerasKind.Activation => !pooled && (!activated || (!_content.HasConfig && Norms.Count > 0)),
            KerasKind.MaxPooling => !pooled && operation.Linked,
            KerasKind.Inert or KerasKind.Input => operation.Linked,
            KerasKind.Other => operation.Weights is null && !_content.HasConfig && !pooled,
            _ => false,
        };
    }

    private void CheckConvolution(KerasOperation operation, bool padded)
    {
        string name = Name(operation);
        if (KerasSettings.IsAll(operation, 1, "strides", "subsample") == false)
        {
            throw _fault($"convolution '{name}' has a stride, and a VGG's have none");
        }

        if (KerasSettings.IsAll(operation, 1, "dilation_rate") == false || KerasSettings.IsAll(operation, 1, "groups") == false)
        {
            throw _fault($"convolution '{name}' is dilated or grouped, and a VGG's aren't");
        }

        // 1x1 kernels have no edge to pad.
        bool pointwise = operation.Weights?[KerasRoles.Kernel].Space.Dimensions is [1, 1, ..];
        string? padding = KerasSettings.Text(operation, "padding", "border_mode");
        if (padding is not null && !pointwise && padding != (padded ? "valid" : "same"))
        {
            throw _fault($"convolution '{name}' has the padding '{MessageText.Shorten(padding)}', and a VGG's keep the map's size");
        }

        if (KerasSettings.Activation(operation) is { } activation and not ("relu" or "linear"))
        {
            throw _fault($"convolution '{name}' has the activation '{MessageText.Shorten(activation)}', and a VGG's have ReLU");
        }
    }

    private void CheckNorm(KerasOperation operation, bool afterActivation, bool normed)
    {
        string name = Name(operation);
        if (afterActivation)
        {
            throw _fault($"batch norm '{name}' comes behind an activation, and a VGG's comes before; that isn't supported");
        }

        if (normed || Norms.Count >= Convolutions.Count)
        {
            throw _fault($"batch norm '{name}' doesn't follow a convolution, and a VGG's do");
        }
    }

    private void CheckActivation(KerasOperation operation)
    {
        if (KerasSettings.Activation(operation) is not (null or "relu"))
        {
            throw _fault($"activation '{Name(operation)}' isn't a plain ReLU, and a VGG's are");
        }
    }

    private void CheckPool(KerasOperation operation, bool activated)
    {
        if (!activated && _content.HasConfig)
        {
            throw _fault($"no activation comes before pool '{Name(operation)}', and a VGG has ReLU behind each convolution");
        }

        if (KerasSettings.IsAll(operation, 2, "pool_size") == false || KerasSettings.IsAll(operation, 2, "strides") == false)
        {
            throw _fault($"pool '{Name(operation)}' isn't 2x2 with stride 2, and a VGG's are");
        }

        if (KerasSettings.Text(operation, "padding", "border_mode") is "same" && !_content.Operations.Any(input => KerasSettings.InputSize(input) is { } size && size.Height % 32 == 0 && size.Width % 32 == 0))
        {
            throw _fault($"pool '{Name(operation)}' pads its map to even sizes, and a VGG's don't");
        }
    }

    /// <summary>Finds the configuration by the number and the sizes of kernels, and compares the pools.</summary>
    private void Recognise()
    {
        foreach (KerasOperation convolution in Convolutions)
        {
            if (convolution.Weights is not { } weights || !weights.TryGetValue(KerasRoles.Kernel, out Hdf5.Hdf5Dataset? kernel) || kernel.Space.Dimensions.Count != 4)
            {
                throw _fault($"convolution '{Name(convolution)}' has no kernel of 4 dimensions; the file is damaged");
            }
        }

        long[] sizes = [.. Convolutions.Select(convolution => convolution.Weights![KerasRoles.Kernel].Space.Dimensions[0])];
        if (Convolutions[0].Weights![KerasRoles.Kernel].Space.Dimensions is [_, 3 or 1, 3, 3])
        {
            // (64, 3, 3, 3) could be either way only at a width of 3 filters.
            if (Convolutions[0].Weights![KerasRoles.Kernel].Space.Dimensions[0] != 3)
            {
                throw _fault("its kernels are in Theano's order (filters first); load it into Keras with TensorFlow's order and save it again");
            }
        }

        int[][]? blocks = null;
        foreach (VggConfiguration configuration in Enum.GetValues<VggConfiguration>())
        {
            int[][] candidate = VggConfigurationTable.Kernels(configuration);
            if (candidate.SelectMany(block => block).Select(size => (long)size).SequenceEqual(sizes))
            {
                (Configuration, blocks) = (configuration, candidate);
            }
        }

        if (blocks is null)
        {
            throw _fault($"its {sizes.Length} convolutions of {string.Join(", ", sizes.Distinct().Select(size => $"{size}x{size}"))} are those of no VGG, which has 8, 10, 13 or 16 of 3x3 (and 1x1 in configuration C)");
        }

        ComparePools(blocks);
    }

    private void ComparePools(int[][] blocks)
    {
        int[] ends = [.. blocks.Select((_, block) => blocks.Take(block + 1).Sum(kernels => kernels.Length))];
        if (Pools.Count > 0 || _content.HasConfig)
        {
            FifthPool = Pools.SequenceEqual(ends) ? true : Pools.SequenceEqual(ends.Take(4)) ? false : throw _fault("its pools don't stand where a VGG's do: one behind each block, the last one left out at most");
        }
        else if (_content.PoolCount is 4 or 5)
        {
            FifthPool = _content.PoolCount == 5;
        }
    }

    private static string Name(KerasOperation operation) => MessageText.Shorten(operation.Name);
}
