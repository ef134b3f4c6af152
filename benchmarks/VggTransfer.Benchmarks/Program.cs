using System.CommandLine;
using VggTransfer.Benchmarks;

var root = new RootCommand("Measures VggTransfer: accuracy on public data sets, and throughput beside ML.NET.")
{
    FoldersCommand.Create(),
    AccuracyCommand.Create(),
    ThroughputCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
