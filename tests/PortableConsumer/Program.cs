using System.Globalization;
using Microsoft.ML;

if (args.Length < 2)
{
    Console.Error.WriteLine("Usage: PortableConsumer MODEL.zip IMAGE...");
    return 2;
}

var ml = new MLContext();
ITransformer model = ml.Model.Load(args[0], out _);
using PredictionEngine<Photo, Prediction> engine = ml.Model.CreatePredictionEngine<Photo, Prediction>(model);
foreach (string path in args.AsSpan(1))
{
    Prediction prediction = engine.Predict(new Photo { ImagePath = path });
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{path}\t{prediction.PredictedLabel}\t{prediction.Score.Max():R}"));
}

return 0;

/// <summary>The column that a saved model takes.</summary>
internal sealed class Photo
{
    public string ImagePath { get; set; } = "";
}

/// <summary>The columns that it gives.</summary>
internal sealed class Prediction
{
    public string PredictedLabel { get; set; } = "";

    public float[] Score { get; set; } = [];
}
