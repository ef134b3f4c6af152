using System.CommandLine;
using VggTransfer.Benchmarks;
using VggTransfer.Benchmarks.Training;

var root = new RootCommand("Measures VggTransfer: accuracy on public data sets, and throughput beside ML.NET.")
{
    FoldersCommand.Create(),
    AccuracyCommand.Create(),
    ThroughputCommand.Create(),
    TrainingRunCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
