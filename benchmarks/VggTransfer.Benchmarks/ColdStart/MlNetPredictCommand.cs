using System.CommandLine;
using Microsoft.ML;
using VggTransfer.Benchmarks.Measuring;

namespace VggTransfer.Benchmarks.ColdStart;

/// <summary><c>mlnet-predict</c>: what an application with ML.NET alone does with the same file, in a process of its own.</summary>
internal static class MlNetPredictCommand
{
    private const string Name = "mlnet-predict";

    public static Command Create()
    {
        var model = new Argument<string>("MODEL") { Description = "A model file." };
        var photo = new Argument<string>("PHOTO") { Description = "A photo." };
        var command = new Command(Name, "Loads a model file with ML.NET and classifies a photo.") { model, photo };
        command.Hidden = true;
        command.SetAction(result => Run(result.GetRequiredValue(model), result.GetRequiredValue(photo)));
        return command;
    }

    /// <summary>Runs it.</summary>
    public static FirstPrediction Measure(string model, string photo) => FirstPrediction.Measure(ChildProcess.Self(Name, model, photo));

    private static void Run(string model, string photo)
    {
        var mlContext = new MLContext(seed: 1);
        ITransformer chain = mlContext.Model.Load(model, out _);
        using PredictionEngine<Photo, Prediction> engine = mlContext.Model.CreatePredictionEngine<Photo, Prediction>(chain);
        Console.WriteLine(engine.Predict(new Photo { ImagePath = photo }).PredictedLabel);
    }

    private sealed class Photo
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Prediction
    {
        public string PredictedLabel { get; set; } = "";
    }
}
