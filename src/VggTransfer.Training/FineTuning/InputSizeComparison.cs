using VggTransfer.Architectures;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Quantization;

namespace VggTransfer.FineTuning;

/// <summary>
/// Chooses the input size as <c>train</c> does: by what a head on the frozen network comes to at each, in cross-validation on the
/// training images. The features are those that <c>train</c> takes, from ONNX Runtime and mostly in 8-bit integers, so that they are
/// cheap, and already there where it has been run on the same images.
/// </summary>
internal sealed class InputSizeComparison
{
    // The rest of a budget is for the training itself.
    private const double LargestShareOfBudget = 0.1;

    // The first ones pay for the start.
    private const int ImagesBeforeEstimate = 16;

    // Sessions are opened and heads fitted even where all features are in the cache.
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(10);

    private readonly FineTuningContext _context;
    private readonly VggModel _convolutions;
    private readonly IReadOnlyList<string> _paths;
    private readonly double _work;
    private readonly CancellationTokenSource _stop;
    private readonly TimeSpan? _end;
    private double _done;

    private InputSizeComparison(FineTuningContext context, VggModel backbone, ImageFolder images, IReadOnlyList<int> sizes, CancellationTokenSource stop)
    {
        _stop = stop;
        _context = context with { CancellationToken = stop.Token };
        _end = context.Clock is { } clock ? clock.Used + (LargestShareOfBudget * clock.Budget) : null;
        _convolutions = Convolutions(backbone, context.Network);
        _paths = [.. images.Images.Select(image => image.Path)];
        _work = sizes.Sum(size => Work(size, context.Data.TrainingImages.Count));
    }

    /// <summary>Compares sizes.</summary>
    /// <param name="context">Images and network, at the first of the sizes.</param>
    /// <param name="backbone">The pretrained network.</param>
    /// <param name="folder">The images to train on, or to split.</param>
    /// <param name="sizes">The likeliest first.</param>
    /// <exception cref="InvalidImageFolderException">Images became unreadable meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static InputSizeChoice Run(FineTuningContext context, VggModel backbone, ImageFolder folder, IReadOnlyList<int> sizes)
    {
        if (sizes.Count == 1)
        {
            return new InputSizeChoice(sizes[0], []);
        }

        // All images count, as where 'train' decides whether to try another size.
        int images = context.Data.TrainingImages.Count + context.Data.ValidationImages.Count;
        int[] tried = [sizes[0], .. sizes.Skip(1).Where(size => InputSizeRule.IsWorthTrying(size, images))];
        if (tried.Length == 1 || !HeadSelection.CanChoose(context.Data.TrainingClasses))
        {
            return new InputSizeChoice(sizes[0], [], Described(sizes[0], tried.Length == 1 ? "there are too many images to compare it with another" : "there are too few images to compare it with another"));
        }

        var tooShort = new InputSizeChoice(sizes[0], [], Described(sizes[0], "the time budget is too short to compare it with another"));
        if (context.Clock is { } clock && LargestShareOfBudget * clock.Budget < s_least)
        {
            return tooShort;
        }

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        var comparison = new InputSizeComparison(context, backbone, folder, tried, stop);
        var trials = new List<(int InputSize, HeadTrial Best)>();
        try
        {
            foreach (int size in tried)
            {
                trials.Add((size, comparison.Try(size)));
            }
        }
        catch (OperationCanceledException) when (!context.CancellationToken.IsCancellationRequested)
        {
            return tooShort;
        }

        (int InputSize, HeadTrial Best) chosen = trials.Aggregate((best, other) => InputSizeRule.IsBetter(other.Best, best.Best) ? other : best);
        string losses = string.Join(", ", trials.Where(trial => trial != chosen).Select(trial => FormattableString.Invariant($"and {trial.Best.LogLoss:0.000} at {trial.InputSize}")));
        return new InputSizeChoice(
            chosen.InputSize, trials, FormattableString.Invariant($"Input size {chosen.InputSize}: in cross-validation a head on frozen features has a log-loss of {chosen.Best.LogLoss:0.000}, {losses}; less is better."));
    }

    private static string Described(int size, string why) => $"Input size {size}, by the size of the images; {why}.";

    /// <summary>The network without a dense part, which would bind it to one size.</summary>
    private static VggModel Convolutions(VggModel backbone, FineTuningNetwork network) => !backbone.Architecture.IncludeTop
        ? backbone
        : new VggModel(network.Architecture, network.Architecture.Layers.SelectMany(layer => layer.Tensors).Select(tensor => backbone.Tensors[tensor.Name]))
        {
            Preprocessing = network.Preprocessing,
        };

    private static double Work(int size, int images) => (double)images * size * size;

    /// <summary>The best head at a size.</summary>
    /// <exception cref="OperationCanceledException">The work was cancelled, or its share of the time budget is used up.</exception>
    private HeadTrial Try(int size)
    {
        FineTuningNetwork network = _context.Network;
        float[][] features = Extract(size);
        var selection = new HeadSelection(_context.Data.Labels, _context.Options.Seed, Threads);
        return selection.Run(
            HeadSelection.Candidates(network.Candidates, network.Layer, layer => layer.Dimension(network.Architecture with { InputSize = size }), i => features[i]),
            _context.Data.TrainingClasses,
            l2Regularization: null,
            (done, total) => Report(FineTuningPhase.FittingHead, done, total, $"{size} pixels"),
            _context.CancellationToken)[0];
    }

    private int Threads => _context.Options.Threads ?? Environment.ProcessorCount;

    private float[][] Extract(int size)
    {
        string[] paths = [.. _context.Data.TrainingImages.Select(image => image.Path)];
        string note = $"{size} pixels";
        var decoding = new ImageDecodeOptions { Orientation = _context.Options.Orientation, Scale = DecodeScale.Fast };
        TimeSpan? begin = null;
        using var chosen = ChosenFeatures.Open(
            new VggBackbone(_convolutions),
            asked: null,
            paths,
            new FeatureExtractorOptions { Layer = _context.Network.Layer, InputSize = size, Decoding = decoding, Threads = Threads },
            _context.Options.FeatureCache,
            image => new InvalidImageFolderException(image.Name, $"it became unreadable while it was being used ({image.Error!.Message.TrimEnd('.')}); begin again when nothing changes it"),
            (done, total) =>
            {
                begin ??= _context.Clock?.Used;
                Report(FineTuningPhase.ComparingInputSizes, done, total, $"{note}, int8 or fp32");

                // Half of these images go through in full precision, which takes about twice as long.
                StopIfTooSlow(done, (_context.Clock?.Used - begin) / 2, Work(size, done));
            },
            _context.CancellationToken);
        FolderFeatures features = chosen.Features;
        double before = _done;
        var progress = new StepProgress((done, total) =>
        {
            if (done == 0)
            {
                begin = _context.Clock?.Used;
            }
            else
            {
                _done += Work(size, 1);
                StopIfTooSlow(done, _context.Clock?.Used - begin, _done - before);
            }

            Report(FineTuningPhase.ComparingInputSizes, done, total, features.FromCache == 0 ? note : $"{note}, {features.FromCache} from the cache");
        });
        float[][] values = [.. features.Extract(paths, progress, _context.CancellationToken).Select(image => image.Values)];
        if (features.Warning is { } warning)
        {
            _context.Warnings.Add(warning);
        }

        return values;
    }

    /// <summary>Tells how far the work is, and ends it where its share of the budget is used up.</summary>
    private void Report(FineTuningPhase phase, int done, int total, string note)
    {
        _context.Report(phase, done, total, note);
        if (_context.Clock?.Used > _end)
        {
            Stop();
        }
    }

    /// <summary>Ends the work where it would use more than its share.</summary>
    /// <param name="images">The images of which that is known.</param>
    /// <param name="taken">What they took.</param>
    /// <param name="work">What they are in work.</param>
    private void StopIfTooSlow(int images, TimeSpan? taken, double work)
    {
        if (images >= ImagesBeforeEstimate && _context.Clock?.Used + (taken * ((_work - _done) / work)) > _end)
        {
            Stop();
        }
    }

    private void Stop()
    {
        _stop.Cancel();
        _stop.Token.ThrowIfCancellationRequested();
    }
}

/// <summary>The input size that a fine-tuning has.</summary>
/// <param name="Size">Its side in pixels.</param>
/// <param name="Trials">The sizes that were compared; none where there was one only, or no time.</param>
/// <param name="Reason">Why this one, as a whole sentence; null where it was given.</param>
internal sealed record InputSizeChoice(int Size, IReadOnlyList<(int InputSize, HeadTrial Best)> Trials, string? Reason = null);
