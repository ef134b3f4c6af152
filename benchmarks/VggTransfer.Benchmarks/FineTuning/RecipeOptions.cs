using System.CommandLine;
using VggTransfer.Architectures;
using VggTransfer.FineTuning;

namespace VggTransfer.Benchmarks.FineTuning;

/// <summary>The knobs of a fine-tuning that are worth comparing; what isn't given is the library's default.</summary>
internal sealed class RecipeOptions
{
    private static readonly FineTuningOptions s_defaults = new();

    private readonly Option<string?> _layer = new("--layer") { Description = "What the head works on." };
    private readonly Option<double> _headRate = new("--learning-rate") { Description = "Of the head.", DefaultValueFactory = _ => s_defaults.LearningRate };
    private readonly Option<double> _blockRate = new("--backbone-learning-rate") { Description = "Of the topmost block.", DefaultValueFactory = _ => s_defaults.BackboneLearningRate };
    private readonly Option<double> _dropout = new("--dropout") { Description = "In the head.", DefaultValueFactory = _ => s_defaults.Dropout };
    private readonly Option<double> _weightDecay = new("--weight-decay") { Description = "AdamW's.", DefaultValueFactory = _ => s_defaults.WeightDecay };
    private readonly Option<WeightAveraging> _averaging = new("--average") { Description = "None, Exponential, Stochastic.", DefaultValueFactory = _ => s_defaults.Averaging };
    private readonly Option<int?> _threads = new("--threads") { Description = "Of the CPU." };
    private readonly Option<string?> _workspace = new("--workspace") { Description = "Where the frozen layers' outputs stay, so that the next recipe finds them." };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_layer, _headRate, _blockRate, _dropout, _weightDecay, _averaging, _threads, _workspace])
        {
            command.Add(option);
        }
    }

    public FineTuningOptions Read(ParseResult result) => new()
    {
        Layer = result.GetValue(_layer) is { } layer ? FeatureLayer.Parse(layer) : null,
        LearningRate = result.GetValue(_headRate),
        BackboneLearningRate = result.GetValue(_blockRate),
        Dropout = result.GetValue(_dropout),
        WeightDecay = result.GetValue(_weightDecay),
        Averaging = result.GetValue(_averaging),
        Threads = result.GetValue(_threads),
        WorkspacePath = result.GetValue(_workspace),
    };
}
