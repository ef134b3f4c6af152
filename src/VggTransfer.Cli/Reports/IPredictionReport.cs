using VggTransfer.Classification;

namespace VggTransfer.Cli;

/// <summary>Prints predictions.</summary>
internal interface IPredictionReport
{
    /// <summary>Whether each prediction is printed when it comes.</summary>
    bool IsStreamed { get; }

    void Add(ImagePrediction prediction);

    void Finish();
}
