using System.CommandLine;
using VggTransfer.Benchmarks;
using VggTransfer.Benchmarks.ColdStart;
using VggTransfer.Benchmarks.Comparisons;
using VggTransfer.Benchmarks.DataQuality;
using VggTransfer.Benchmarks.FineTuning;
using VggTransfer.Benchmarks.HeadTraining;
using VggTransfer.Benchmarks.Limits;
using VggTransfer.Benchmarks.Micro;
using VggTransfer.Benchmarks.Scale;
using VggTransfer.Benchmarks.Serving;
using VggTransfer.Benchmarks.Serving.Web;
using VggTransfer.Benchmarks.Training;

var root = new RootCommand("Measures VggTransfer: accuracy on public data sets, throughput beside ML.NET, training and fine-tuning beside TorchSharp and PyTorch.")
{
    CompareCommand.Create(),
    MicroCommand.Create(),
    MlNetPredictCommand.Create(),
    FoldersCommand.Create(),
    AccuracyCommand.Create(),
    TrainingCommand.Create(),
    TrainingRunCommand.Create(),
    FineTuningCommand.Create(),
    FineTuningPeerCommand.Create(),
    ServingCommand.Create(),
    NoveltyCommand.Create(),
    WebCommand.Create(),
    ScaleCommand.Create(),
    HeadTrainingCommand.Create(),
    PlantedFaultsCommand.Create(),
    PeakCommand.Create(),
    MemoryCommand.Create(),
};
return await root.Parse(args).InvokeAsync();
