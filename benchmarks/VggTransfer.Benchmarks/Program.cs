using System.CommandLine;
using VggTransfer.Benchmarks;
using VggTransfer.Benchmarks.Training;

var root = new RootCommand("Measures VggTransfer: accuracy on public data sets, throughput beside ML.NET, training beside TorchSharp and PyTorch.")
{
    FoldersCommand.Create(),
    AccuracyCommand.Create(),
    ThroughputCommand.Create(),
    TrainingCommand.Create(),
    TrainingRunCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
