using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>The loss and the metrics of a batch, still on the device.</summary>
internal sealed class StepLoss
{
    private readonly Tensor _data;
    private readonly Tensor? _activityPenalty;
    private readonly IReadOnlyList<Tensor> _metrics;
    private readonly int _samples;

    private StepLoss(Tensor data, Tensor? activityPenalty, Tensor differentiated, IReadOnlyList<Tensor> metrics, int samples)
    {
        _data = data;
        _activityPenalty = activityPenalty;
        _metrics = metrics;
        _samples = samples;
        Differentiated = differentiated;
    }

    /// <summary>What gradients are taken of: the data loss and the penalties on outputs.</summary>
    public Tensor Differentiated { get; }

    /// <summary>Whether the loss is a finite number; waits for the device.</summary>
    public bool IsFinite => double.IsFinite(Differentiated.detach().to(ScalarType.Float64).item<double>());

    /// <summary>Computes loss and metrics.</summary>
    /// <param name="training">Which loss and metrics.</param>
    /// <param name="output">The model's output, in the type of losses.</param>
    /// <param name="targets">The targets.</param>
    /// <param name="weights">A factor for each sample; null for 1.</param>
    /// <param name="context">What the layers left behind.</param>
    public static StepLoss Compute(CompiledTraining training, Tensor output, Targets targets, Tensor? weights, StepContext context)
    {
        Tensor losses = LossComputation.PerSample(training.Loss, output, context.Logits, targets);
        Tensor data = weights is null ? losses.mean() : (losses * weights).sum().DividedBy(losses.shape[0]);
        Tensor? penalty = context.ActivityPenalties.Count == 0 ? null : context.ActivityPenalties.Aggregate((sum, next) => sum.Plus(next));

        Tensor differentiated = penalty is null ? data : data.Plus(penalty);

        using var _ = no_grad();
        Logits? logits = context.Logits is { } found ? found with { Values = found.Values.detach() } : null;
        Tensor predicted = output.detach();
        Tensor[] metrics = [.. training.Metrics.Select(metric => MetricComputation.Sum(metric, predicted, logits, targets))];
        return new StepLoss(data, penalty, differentiated, metrics, checked((int)losses.shape[0]));
    }

    /// <summary>The figures, fetched from the device in one go.</summary>
    /// <param name="weightPenalty">The penalties on weights.</param>
    /// <param name="rate">The learning rate used.</param>
    public StepResult ToResult(double weightPenalty, double rate)
    {
        using var _ = no_grad();
        ScalarType type = _data.dtype;
        Tensor[] figures = [_data.detach(), _activityPenalty?.detach() ?? zeros([], type, _data.device), .. _metrics.Select(metric => metric.to(type))];
        double[] values = TorchArrays.ToArray(stack(figures)).ToDoubles();
        double regularization = weightPenalty + values[1];
        return new StepResult(values[0] + regularization, regularization, _samples, [.. values.Skip(2).Select(sum => (sum, (double)_samples))], rate);
    }
}
