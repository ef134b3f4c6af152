using System.Security.Cryptography;
using System.Text;
using VggTransfer.Augmentation;
using VggTransfer.Keras;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.FineTuning;

/// <summary>
/// What the trained part of a network sees in a stage: the outputs of the frozen part. Read from a file where each picture
/// can only be itself or its mirror; computed step by step, on the thread that prepares batches, where training pictures
/// are changed in other ways, or the file has no room on the disk.
/// </summary>
internal sealed class StageData : IDisposable
{
    // The activations of a VGG16's first block for that many pixels take some 300 MB.
    private const int PixelsOfFrozenBatch = 32 * 128 * 128;
    private const int LargestFrozenBatch = 64;

    // Which pictures are mirrored follows from the seed as the order does, but not from the same numbers.
    private const ulong MirrorPart = 1;

    private readonly Sequential? _frozen;
    private readonly FrozenOutputs? _outputs;

    private StageData(Sequential? frozen, FrozenOutputs? outputs)
    {
        _frozen = frozen;
        _outputs = outputs;
    }

    /// <summary>Training batches, in another order and otherwise changed in each pass.</summary>
    public required Dataset Training { get; init; }

    /// <summary>The training images as they are, in their order.</summary>
    public required Dataset TrainingPlain { get; init; }

    /// <summary>The validation images as they are, in their order.</summary>
    public required Dataset Validation { get; init; }

    /// <summary>The validation images mirrored, in their order.</summary>
    public required Dataset ValidationMirrored { get; init; }

    /// <summary>Computes what is computed once.</summary>
    /// <param name="context">Images, network, options.</param>
    /// <param name="stage">What is frozen, and the input size.</param>
    /// <param name="seed">Of the order and the changes.</param>
    /// <param name="weights">The network's weights.</param>
    /// <exception cref="IOException">The outputs of the frozen part can't be written.</exception>
    public static StageData Create(FineTuningContext context, FineTuningStage stage, int seed, NetworkWeights weights)
    {
        int firstTrained = context.Network.FirstTrained(stage.FreezeUntil);
        Sequential? frozen = null;
        try
        {
            if (firstTrained > 0)
            {
                frozen = context.Network.Build(0, firstTrained, stage.InputSize, context.Execution);
                weights.LoadInto(frozen);
            }

            return Create(context, stage, seed, frozen, weights);
        }
        catch
        {
            frozen?.Dispose();
            throw;
        }
    }

    /// <summary>Images of a step of the frozen part at an input size.</summary>
    public static int FrozenBatch(int inputSize) => Math.Clamp(PixelsOfFrozenBatch / (inputSize * inputSize), 1, LargestFrozenBatch);

    /// <inheritdoc/>
    public void Dispose()
    {
        _outputs?.Dispose();
        _frozen?.Dispose();
    }

    private static StageData Create(FineTuningContext context, FineTuningStage stage, int seed, Sequential? frozen, NetworkWeights weights)
    {
        (FineTuningOptions options, FineTuningData data) = (context.Options, context.Data);
        int size = stage.InputSize;
        int batch = options.BatchSize;
        if (frozen is null)
        {
            return Computed();
        }

        // Part by part, the pictures whose outputs are computed once.
        int step = FrozenBatch(size);
        (int trained, int judged) = (data.TrainingClasses.Count, data.ValidationClasses.Count);
        bool mirrors = context.MirrorsTraining(stage);
        List<(Dataset Pictures, int Count)> parts = [(data.ValidationPlain(size, step), judged), (data.ValidationMirrored(size, step), judged)];
        if (context.CachesTraining)
        {
            parts.Add((data.TrainingPlain(size, step), trained));
        }

        if (mirrors)
        {
            parts.Add((data.TrainingMirrored(size, step), trained));
        }

        int rows = parts.Sum(part => part.Count);
        var layout = new FrozenOutputsLayout(Identity(context, stage, frozen, weights, parts.Count), rows, frozen.OutputShape, context.Execution.Precision == Precision.BFloat16);
        if (IsWithoutCache(context, stage, layout))
        {
            return Computed();
        }

        string note = FineTuningPlan.DescribeFrozen(stage);
        FrozenOutputs outputs = FrozenOutputs.Open(
            context.Workspace.FrozenOutputs(stage),
            layout,
            from => Compute(parts, from, step),
            done => context.Report(FineTuningPhase.ComputingFrozenLayers, done, rows, note),
            context.CancellationToken);
        (NDArray trainingTargets, NDArray validationTargets) = (data.Targets(data.TrainingClasses), data.Targets(data.ValidationClasses));
        int plain = 2 * judged;
        if (context.CachesTraining)
        {
            frozen.Dispose();
        }

        return new StageData(context.CachesTraining ? null : frozen, outputs)
        {
            Validation = Rows(outputs, validationTargets, batch, _ => Enumerable.Range(0, judged), 0),
            ValidationMirrored = Rows(outputs, validationTargets, batch, _ => Enumerable.Range(judged, judged), judged),
            TrainingPlain = context.CachesTraining
                ? Rows(outputs, trainingTargets, batch, _ => Enumerable.Range(plain, trained), plain)
                : Frozen(data.TrainingPlain(size, step)),
            Training = context.CachesTraining
                ? Rows(outputs, trainingTargets, batch, pass => Order(pass, seed, trained, mirrors).Select(row => plain + row), plain)
                : Frozen(Changed(context, size, seed)),
        };

        Dataset Normalized(Dataset pixels) => pixels.Map(samples => NormalizedPixels.Of(samples, context.Network.Preprocessing));

        Dataset Frozen(Dataset pixels) => Normalized(pixels).Map(samples => frozen is null ? samples : samples with { X = frozen.Network.Predict(samples.X) });

        StageData Computed() => new(frozen, null)
        {
            Training = Frozen(Changed(context, size, seed)),
            TrainingPlain = Frozen(data.TrainingPlain(size, batch)),
            Validation = Frozen(data.ValidationPlain(size, batch)),
            ValidationMirrored = Frozen(data.ValidationMirrored(size, batch)),
        };

        IEnumerable<NDArray> Compute(List<(Dataset Pictures, int Count)> all, int from, int each)
        {
            foreach ((Dataset pictures, int count) in all)
            {
                if (from < count)
                {
                    // Whole steps only: that is how the file was filled.
                    foreach (Batch samples in Normalized(pictures).Prefetch().Read(0, from / each, context.CancellationToken))
                    {
                        yield return frozen!.Network.Predict(samples.X);
                    }
                }

                from = Math.Max(0, from - count);
            }
        }
    }

    /// <summary>Whether there is no room for the frozen outputs, now or when the training began.</summary>
    private static bool IsWithoutCache(FineTuningContext context, FineTuningStage stage, FrozenOutputsLayout layout)
    {
        if (!context.Workspace.IsWithoutCache(stage))
        {
            if (FrozenOutputs.LackOfRoom(context.Workspace.FrozenOutputs(stage), layout) is not { } lack)
            {
                return false;
            }

            context.Warnings.Add($"{lack}, so they are computed anew in each step, which takes several times as long. Room, a workspace on another disk, a smaller input or more frozen layers would spare it.");
            context.Workspace.SetWithoutCache(stage);
        }

        return true;
    }

    /// <summary>The training pictures as they come in a pass, as pixels.</summary>
    private static Dataset Changed(FineTuningContext context, int size, int seed)
    {
        FineTuningOptions options = context.Options;
        return context.Data.Training(options.Augmentation, size, options.BatchSize, seed).MixUpOrCutMix(options.MixUp, options.CutMix, seed);
    }

    /// <summary>Rows of a pass: each picture once, as itself or, behind all of those, as its mirror.</summary>
    public static IEnumerable<int> Order(int pass, int seed, int count, bool mirrors)
    {
        IEnumerable<int> order = SampleOrder.Sequential(count).Shuffle(count, (ulong)seed, reshuffleEachIteration: true).Read(pass);
        if (!mirrors)
        {
            return order;
        }

        var numbers = new RandomNumbers(RandomNumbers.Split(RandomNumbers.Split((ulong)seed, MirrorPart), (ulong)pass));
        return order.Select(picture => numbers.Uniform(picture) < 0.5 ? count + picture : picture);
    }

    /// <summary>Batches of a file's rows.</summary>
    /// <param name="outputs">The file.</param>
    /// <param name="targets">For each picture.</param>
    /// <param name="batchSize">Rows in a batch.</param>
    /// <param name="order">The rows of a pass.</param>
    /// <param name="first">The row of the first picture; its mirror and the like follow after as many rows as there are pictures.</param>
    private static DerivedDataset Rows(FrozenOutputs outputs, NDArray targets, int batchSize, Func<int, IEnumerable<int>> order, int first) => new(
        (targets.Length + batchSize - 1) / batchSize,
        isEndless: false,
        (pass, skip, _) => order(pass).Chunk(batchSize).Skip(skip).Select(rows => new Batch(outputs.Gather(rows), targets.Rows([.. rows.Select(row => (row - first) % targets.Length)]))));

    private static byte[] Identity(FineTuningContext context, FineTuningStage stage, Sequential frozen, NetworkWeights weights, int parts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(weights.Digest(frozen.WeightNames));
        hash.AppendData(context.Data.Digest);
        hash.AppendData(Encoding.UTF8.GetBytes($"{stage.FreezeUntil} {stage.InputSize} {context.Execution.Precision} {context.Network.Preprocessing} {context.Options.Orientation} {parts} {context.Network.DescribePassing(context.Network.FirstTrained(stage.FreezeUntil))}"));
        return hash.GetHashAndReset();
    }
}
