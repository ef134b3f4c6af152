using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Images;

namespace VggTransfer.FineTuning;

/// <summary>Turns options into stages.</summary>
internal static class FineTuningPlan
{
    // What is trained at larger sizes than this takes hours on a CPU, for little more.
    private const int LargestDefaultSize = 224;

    /// <summary>The sides that the input may have at the end, the likeliest first.</summary>
    /// <param name="options">A given size counts first.</param>
    /// <param name="architecture">The pretrained network.</param>
    /// <param name="paths">The images, of which some are looked at.</param>
    /// <param name="before">The size of a classifier that is continued; null for none.</param>
    /// <exception cref="ArgumentException">The network's own dense part needs another size.</exception>
    public static IReadOnlyList<int> InputSizes(FineTuningOptions options, VggArchitecture architecture, IReadOnlyList<string> paths, int? before)
    {
        if (!FineTuningNetwork.KeepsDense(architecture, options.Head))
        {
            if ((options.InputSize ?? before) is { } given)
            {
                return [given];
            }

            IReadOnlyList<int> sizes = InputSizeRule.For(paths, new ImageDecodeOptions { Orientation = options.Orientation }, LargestDefaultSize);

            // Only a pooled head can be fitted before any training; and stages grow towards the last size.
            return options.Head == FineTuningHead.Pooled ? [sizes[0], .. sizes.Skip(1).Where(size => options.ProgressiveSizes.All(smaller => smaller < size))] : [sizes[0]];
        }

        return options.InputSize is { } size && size != architecture.InputSize
            ? throw new ArgumentException($"The dense layers of this {architecture.DisplayName} need an input of {architecture.InputSize} pixels, and InputSize is {size}; leave it out, or put a pooled head on the convolutions.", nameof(options))
            : [architecture.InputSize];
    }

    /// <summary>The stages, in their order.</summary>
    /// <exception cref="ArgumentException">There is no such layer, or there are fewer epochs than stages.</exception>
    public static IReadOnlyList<FineTuningStage> Create(FineTuningOptions options, VggArchitecture architecture, int inputSize)
    {
        CheckLayers(options, architecture);
        if (options.ProgressiveSizes.Count > 0 && options.Head != FineTuningHead.Pooled)
        {
            throw new ArgumentException("ProgressiveSizes needs the pooled head: a dense part takes one size only.", nameof(options));
        }

        int[] sizes = [.. options.ProgressiveSizes, inputSize];
        if (!sizes.Zip(sizes.Skip(1)).All(pair => pair.First < pair.Second))
        {
            throw new ArgumentException($"ProgressiveSizes must grow towards the input size, and they are {string.Join(", ", sizes)}.", nameof(options));
        }

        string[] layers = options.GradualUnfreezing ? [.. Unfreezing(options.FreezeUntil, architecture)] : [options.FreezeUntil];
        (string Layer, int Size)[] parts = [.. layers.Select(layer => (layer, sizes[0])), .. sizes.Skip(1).Select(size => (options.FreezeUntil, size))];
        if (options.Epochs < parts.Length)
        {
            throw new ArgumentException($"There are {parts.Length} stages, and Epochs is {options.Epochs}; give at least one epoch for each.", nameof(options));
        }

        // Those that are left over go to the last stages.
        (int each, int left) = Math.DivRem(options.Epochs, parts.Length);
        return [.. parts.Select((part, i) => new FineTuningStage(part.Layer, part.Size, each + (i >= parts.Length - left ? 1 : 0)))];
    }

    /// <inheritdoc cref="FineTuningOptions.CheckLayers"/>
    public static void CheckLayers(FineTuningOptions options, VggArchitecture architecture)
    {
        string[] convolutions = [.. architecture.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).Select(layer => layer.Name)];
        if (options.FreezeUntil is not (FineTuningNetwork.NoneFrozen or FineTuningNetwork.HeadOnly) && !convolutions.Contains(options.FreezeUntil))
        {
            throw new ArgumentException($"Freezing ends at '{options.FreezeUntil}', and {architecture.DisplayName} can be trained from {string.Join(", ", convolutions.Reverse())} on, from 'none' (everything), or only its 'head'.");
        }

        _ = options.Layer?.Dimension(architecture);
    }

    /// <summary>The block that a layer belongs to: 6 for the head, 1 where nothing is frozen.</summary>
    public static int BlockOf(string freezeUntil) => freezeUntil switch
    {
        FineTuningNetwork.HeadOnly => 6,
        FineTuningNetwork.NoneFrozen => 1,
        _ => freezeUntil["block".Length] - '0',
    };

    /// <summary>What a stage is about, for people.</summary>
    public static string Describe(FineTuningStage stage) => $"{DescribeLayers(stage.FreezeUntil)}, input size {stage.InputSize}";

    /// <summary>What a stage leaves as it is, for people.</summary>
    public static string DescribeFrozen(FineTuningStage stage) => $"below {(stage.FreezeUntil == FineTuningNetwork.HeadOnly ? "the head" : stage.FreezeUntil)}, {stage.InputSize} pixels";

    private static string DescribeLayers(string freezeUntil) => freezeUntil switch
    {
        FineTuningNetwork.HeadOnly => "the head alone",
        FineTuningNetwork.NoneFrozen => "all layers",
        _ => $"{freezeUntil} on",
    };

    private static IEnumerable<string> Unfreezing(string freezeUntil, VggArchitecture architecture)
    {
        int last = BlockOf(freezeUntil);
        if (last < 6)
        {
            yield return FineTuningNetwork.HeadOnly;
        }

        for (int block = 5; block > last; block--)
        {
            yield return architecture.Layers.First(layer => layer.Block == block).Name;
        }

        yield return freezeUntil;
    }
}
