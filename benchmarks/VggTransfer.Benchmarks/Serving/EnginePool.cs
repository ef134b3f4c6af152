using System.Collections.Concurrent;
using Microsoft.ML;

namespace VggTransfer.Benchmarks.Serving;

/// <summary>
/// What Microsoft.Extensions.ML's PredictionEnginePool does, whose package isn't on every server: one model; an engine is taken for
/// each call and given back; twice as many as processors are kept, further ones are made for a call and thrown away. Engines don't own
/// the model: by default the first one that is disposed frees the network under all others, and the process ends.
/// </summary>
internal sealed class EnginePool : IDisposable
{
    private readonly MLContext _mlContext = new();
    private readonly ITransformer _model;
    private readonly ConcurrentQueue<PredictionEngine<Photo, Prediction>> _engines = new();
    private readonly int _kept = 2 * Environment.ProcessorCount;

    public EnginePool(string path) => _model = _mlContext.Model.Load(path, out _);

    public Prediction Predict(string path)
    {
        PredictionEngine<Photo, Prediction> engine = _engines.TryDequeue(out PredictionEngine<Photo, Prediction>? kept)
            ? kept
            : _mlContext.Model.CreatePredictionEngine<Photo, Prediction>(_model, new PredictionEngineOptions { OwnsTransformer = false });
        try
        {
            return engine.Predict(new Photo { ImagePath = path });
        }
        finally
        {
            if (_engines.Count < _kept)
            {
                _engines.Enqueue(engine);
            }
            else
            {
                engine.Dispose();
            }
        }
    }

    public void Dispose()
    {
        while (_engines.TryDequeue(out PredictionEngine<Photo, Prediction>? engine))
        {
            engine.Dispose();
        }
    }

    internal sealed class Photo
    {
        public string ImagePath { get; set; } = "";
    }

    internal sealed class Prediction
    {
        public string PredictedLabel { get; set; } = "";

        public float[] Score { get; set; } = [];
    }
}
