using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>One document of all predictions.</summary>
internal sealed class JsonPredictions(string model, int top) : IPredictionReport
{
    private readonly List<object> _predictions = [];
    private int _failed;

    public bool IsStreamed => false;

    public void Add(ImagePrediction prediction)
    {
        _failed += prediction.Error is null ? 0 : 1;
        _predictions.Add(new
        {
            Path = prediction.Name,
            prediction.Label,
            Probability = prediction.Error is null ? (float?)prediction.Probability : null,
            Classes = prediction.Classes.Take(top).Select(item => new { item.Label, Probability = (float)item.Probability }).ToArray(),
            Novelty = (float?)prediction.Novelty,
            Unknown = prediction.Novelty is null ? (bool?)null : prediction.IsUnknown,
            prediction.Error,
        });
    }

    public void Finish() => Screen.WriteJson(new
    {
        Model = model,
        Predictions = _predictions,
        Classified = _predictions.Count - _failed,
        Failed = _failed,
    });
}
