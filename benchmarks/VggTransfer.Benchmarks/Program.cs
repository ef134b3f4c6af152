using System.CommandLine;
using VggTransfer.Benchmarks;
using VggTransfer.Benchmarks.DataQuality;
using VggTransfer.Benchmarks.FineTuning;
using VggTransfer.Benchmarks.Training;

var root = new RootCommand("Measures VggTransfer: accuracy on public data sets, throughput beside ML.NET, training and fine-tuning beside TorchSharp and PyTorch.")
{
    FoldersCommand.Create(),
    AccuracyCommand.Create(),
    ThroughputCommand.Create(),
    TrainingCommand.Create(),
    TrainingRunCommand.Create(),
    FineTuningCommand.Create(),
    FineTuningPeerCommand.Create(),
    PlantedFaultsCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
