using VggTransfer.Architectures;

namespace VggTransfer.Weights.Recognition;

/// <summary>
/// Puts the layers without weights into a chain that doesn't tell them, where a VGG has them. Kernels say the configuration;
/// how many unknown layers there are says where pools must be, and where they can't be.
/// </summary>
internal static class ChainCompletion
{
    /// <summary>The chain with activations, pools and flatten.</summary>
    /// <param name="chain">A chain that tells only layers with weights.</param>
    /// <param name="notes">Where to say what was assumed.</param>
    /// <exception cref="InvalidModelFileException">Its convolutions are no VGG's, or there is no room for pools and activations.</exception>
    public static LayerChain Complete(LayerChain chain, List<string> notes)
    {
        List<Place> places = Places(chain.Steps);

        // Larger kernels are dense layers written as convolutions.
        int count = places.FindIndex(place => place.Side > 3) is >= 0 and var larger ? larger : places.Count;
        if (VggConfigurationTable.Find(places.Take(count).Select(place => (long)place.Side)) is not { } configuration)
        {
            string kernels = string.Join(", ", places.Take(20).Select(place => $"{place.Side}x{place.Convolution.Kernel.Shape[3]}"));
            throw Fault(chain, $"its model's {places.Count} convolutions ({kernels}{(places.Count > 20 ? " ..." : "")}) are those of no VGG: 8, 10, 13 or 16 of 3x3, in configuration C also 1x1");
        }

        places = places[..count];
        if (places.Find(place => place.Norm is null != places[0].Norm is null) is { } odd)
        {
            throw Fault(chain, $"batch norm follows some of its convolutions and not {(odd.Norm is null ? odd : places[0]).Convolution.Name}, and in a VGG it follows all of them or none");
        }

        ChainStep[] head = [.. chain.Steps.Skip(places[^1].End).Where(step => step is not (UnknownStep or ReluStep))];
        int[][] blocks = VggConfigurationTable.Kernels(configuration);
        int[] ends = [.. blocks.Select((_, block) => blocks.Take(block + 1).Sum(kernels => kernels.Length))];
        bool? fifthPool = FifthPool(chain, places, ends, head.Length > 0) ?? chain.Options?.FifthPool;
        if (fifthPool is null)
        {
            notes.Add("The file doesn't say whether a fifth pool follows the convolutions; the paper's was assumed.");
        }

        var steps = new List<ChainStep>();
        foreach ((int i, Place place) in places.Index())
        {
            steps.AddRange(place.Norm is null ? [place.Convolution] : [place.Convolution, place.Norm]);
            steps.Add(new ReluStep($"the activation behind {place.Convolution.Name}"));
            if (ends.Contains(i + 1) && (i < places.Count - 1 || fifthPool != false))
            {
                steps.Add(new PoolStep($"the pool behind {place.Convolution.Name}", IsMaximum: true, [2, 2], [2, 2]));
            }
        }

        AddHead(steps, head);
        return chain with { Steps = steps, MaximumPools = fifthPool is { } isThere ? (isThere ? 5 : 4) : null };
    }

    /// <summary>The convolutions before the first layer that has no place among a VGG's.</summary>
    private static List<Place> Places(IReadOnlyList<ChainStep> steps)
    {
        var places = new List<Place>();
        int index = steps.TakeWhile(step => step is UnknownStep).Count();
        while (index < steps.Count && steps[index] is ConvolutionStep convolution)
        {
            var norm = steps.ElementAtOrDefault(++index) as BatchNormStep;
            index += norm is null ? 0 : 1;
            ChainStep[] behind = [.. steps.Skip(index).TakeWhile(step => step is UnknownStep or ReluStep or PoolStep)];
            places.Add(new Place(convolution, norm, behind, index += behind.Length));
        }

        return places;
    }

    /// <summary>Flatten in front of the first dense layer, and ReLU between all of them.</summary>
    private static void AddHead(List<ChainStep> steps, ChainStep[] head)
    {
        bool isVector = false;
        foreach (ChainStep step in head)
        {
            if (step is DenseStep && !isVector)
            {
                steps.Add(new FlattenStep($"the flattening before {step.Name}", ChannelsLast: false));
                isVector = true;
            }

            steps.Add(step is ConvolutionStep convolution ? convolution with { Pads = [0, 0, 0, 0] } : step);
            if (step is ConvolutionStep or DenseStep && step != head[^1])
            {
                steps.Add(new ReluStep($"the activation behind {step.Name}"));
            }
        }
    }

    /// <returns>Whether there is a fifth pool; null where the file doesn't say.</returns>
    private static bool? FifthPool(LayerChain chain, List<Place> places, int[] ends, bool hasHead)
    {
        int[] pooled = [.. places.SelectMany((place, index) => place.Behind.OfType<PoolStep>().Select(_ => index + 1))];
        if (pooled.Length > 0)
        {
            return pooled.SequenceEqual(ends) ? true
                : pooled.SequenceEqual(ends.SkipLast(1)) ? false
                : throw Fault(chain, "its pools don't stand where a VGG's do: one behind each block, the last one left out at most");
        }

        if (chain.MaximumPools is { } pools)
        {
            return pools is 4 or 5 ? pools == 5 : throw Fault(chain, $"its model has {pools:N0} maximum pools, and a VGG has 5, or 4 for small images");
        }

        if (!chain.ListsUnknown)
        {
            return null;
        }

        ILookup<bool, int> unknown = places.SkipLast(1).Select((place, index) => (place.Behind.Length, index)).ToLookup(pair => ends.Contains(pair.index + 1), pair => pair.Length);
        if (unknown[true].Contains(0))
        {
            throw Fault(chain, "two blocks of its convolutions follow each other without a pool between them, and a VGG has one there");
        }

        if (places[0].Norm is not null && unknown[false].Contains(0))
        {
            throw Fault(chain, "no activation stands between a batch norm and the next convolution, so ReLU comes before batch norm, and a VGG's comes after; that isn't supported");
        }

        // Behind block 4 stand a pool and perhaps an activation or dropout. Behind block 5 either the same, and then
        // whatever the head begins with (flatten), or one less.
        int behindBlock4 = unknown[true].Last();
        return hasHead ? places[^1].Behind.Length > behindBlock4 : places[^1].Behind.Length >= behindBlock4;
    }

    private static InvalidModelFileException Fault(LayerChain chain, string reason) => new(chain.Path, chain.Format, reason);

    /// <summary>A convolution, its batch norm, the layers without weights that follow, and the place behind them.</summary>
    private sealed record Place(ConvolutionStep Convolution, BatchNormStep? Norm, ChainStep[] Behind, int End)
    {
        public int Side => Convolution.Kernel.Shape[2];
    }
}
