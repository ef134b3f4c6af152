using VggTransfer.Benchmarks.Measuring;
using VggTransfer.Benchmarks.Peers;
using VggTransfer.Benchmarks.Training;

namespace VggTransfer.Benchmarks.Comparisons;

/// <summary>A step of training the Keras notebook's VGG16, beside plain TorchSharp and PyTorch, each in a process of its own.</summary>
internal sealed class TrainingStepComparison : IComparison
{
    private const string Network = "notebook";

    public string Name => "training";

    public IEnumerable<Figure> Measure(ComparisonContext context, CancellationToken cancellationToken)
    {
        int batch = context.Effort.TrainingBatch;
        List<TrainingWay> ways = [TrainingWay.Ours, TrainingWay.Plain, TrainingWay.OursInBFloat16];
        if (context.Effort.IsQuick)
        {
            context.Note("PyTorch's training step takes long: it is measured without --quick.");
        }
        else if (!TrainingWay.PyTorch.IsHere)
        {
            context.Note($"PyTorch isn't measured: {DebianPython.Program} or its module torch isn't here.");
        }
        else
        {
            ways.Add(TrainingWay.PyTorch);
        }

        Rounds rounds = Rounds.Measure(
            [.. ways.Select(way => new Contender(way.Key, () => way.Measure(Network, batch, context.Effort.TrainingSteps).Seconds))], context.Effort.Rounds, cancellationToken);
        string what = $"a step of the notebook's VGG16, batch {batch}";
        return
        [
            .. rounds.Compare("training_step_fp32_vs_torchsharp", $"{what}, fp32 / TorchSharp", TrainingWay.Ours.Key, TrainingWay.Plain.Key, Unit.Seconds),
            .. rounds.Compare("training_step_bf16_vs_torchsharp", $"{what}, bf16 / TorchSharp fp32", TrainingWay.OursInBFloat16.Key, TrainingWay.Plain.Key, Unit.Seconds),
            .. rounds.Compare("training_step_fp32_vs_pytorch", $"{what}, fp32 / PyTorch", TrainingWay.Ours.Key, TrainingWay.PyTorch.Key, Unit.Seconds),
            .. rounds.Compare("training_step_bf16_vs_pytorch", $"{what}, bf16 / PyTorch fp32", TrainingWay.OursInBFloat16.Key, TrainingWay.PyTorch.Key, Unit.Seconds),
        ];
    }
}
