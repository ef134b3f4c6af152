using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.Parity.Keras;

/// <summary>The engine, and which inputs it was given.</summary>
internal sealed class RecordingNetwork(INetwork network) : INetwork
{
    /// <summary>The first number of each sample, batch by batch.</summary>
    public List<double[]> Trained { get; } = [];

    /// <summary>The first number of each sample, batch by batch.</summary>
    public List<double[]> Tested { get; } = [];

    public string Device => network.Device;

    public IReadOnlyList<string> Variables => network.Variables;

    public bool ShowsAverages
    {
        get => network.ShowsAverages;
        set => network.ShowsAverages = value;
    }

    public static RecordingNetwork Of(Model model)
    {
        var network = new RecordingNetwork(new TorchNetwork(model, model.Execution));
        model.UseNetwork(network);
        return network;
    }

    public StepResult Train(Batch batch, IReadOnlyDictionary<int, double>? classWeights)
    {
        Trained.Add(FirstOfEach(batch.X));
        return network.Train(batch, classWeights);
    }

    public StepResult Test(Batch batch)
    {
        Tested.Add(FirstOfEach(batch.X));
        return network.Test(batch);
    }

    public NDArray GetVariable(string name) => network.GetVariable(name);

    public void SetVariable(string name, NDArray values) => network.SetVariable(name, values);

    public void Compile(CompiledTraining training) => network.Compile(training);

    public NDArray Predict(NDArray x) => network.Predict(x);

    public IReadOnlyDictionary<string, NDArray> Gradients(Batch batch, IReadOnlyDictionary<int, double>? classWeights) => network.Gradients(batch, classWeights);

    public IReadOnlyDictionary<string, NDArray> GetOptimizerState() => network.GetOptimizerState();

    public void SetOptimizerState(IReadOnlyDictionary<string, NDArray> state) => network.SetOptimizerState(state);

    public void TakeAverages() => network.TakeAverages();

    public string? FirstNonFinite(Batch batch) => network.FirstNonFinite(batch);

    public void Dispose() => network.Dispose();

    private static double[] FirstOfEach(NDArray x) => [.. x.ToDoubles().Where((_, i) => i % x.RowLength == 0)];
}
