using TorchSharp.Modules;
using static TorchSharp.torch;

namespace VggTransfer.Benchmarks.Training;

/// <summary>The same training as its documentation would have one write it with TorchSharp alone.</summary>
internal sealed class PlainTorchSharp : IDisposable
{
    private readonly Sequential _network;
    private readonly CrossEntropyLoss _loss = nn.CrossEntropyLoss();
    private readonly optim.Optimizer _optimizer;

    public PlainTorchSharp(TrainingNetwork network)
    {
        List<(string, nn.Module<Tensor, Tensor>)> layers = [];
        void Add(nn.Module<Tensor, Tensor> layer) => layers.Add(($"layer{layers.Count}", layer));
        int channels = 3;
        int side = TrainingNetwork.Side;
        foreach (int next in network.Channels)
        {
            if (next == 0)
            {
                Add(nn.MaxPool2d(2));
                side /= 2;
                continue;
            }

            Add(nn.Conv2d(channels, next, 3, padding: 1, bias: !network.IsNormalized));
            if (network.IsNormalized)
            {
                Add(nn.BatchNorm2d(next));
            }

            Add(nn.ReLU());
            channels = next;
        }

        Add(nn.Flatten());
        int width = channels * side * side;
        for (int i = 0; i < 2; i++)
        {
            Add(nn.Linear(width, network.Units));
            Add(nn.ReLU());
            Add(nn.Dropout(0.5));
            width = network.Units;
        }

        Add(nn.Linear(width, TrainingNetwork.Classes));
        _network = nn.Sequential(layers);
        _optimizer = optim.SGD(_network.parameters(), 0.01, momentum: 0.9, weight_decay: 1e-3, nesterov: true);
    }

    /// <summary>One step.</summary>
    /// <param name="pixels">Samples, channels, height, width, 0 to 1.</param>
    /// <param name="classes">Class indices.</param>
    /// <param name="samples">The number of samples.</param>
    public double Step(float[] pixels, long[] classes, int samples)
    {
        using var scope = NewDisposeScope();
        Tensor x = tensor(pixels, [samples, 3, TrainingNetwork.Side, TrainingNetwork.Side]);
        Tensor y = tensor(classes);
        _optimizer.zero_grad();
        Tensor loss = _loss.forward(_network.forward(x), y);
        loss.backward();
        _optimizer.step();
        return loss.item<float>();
    }

    public void Dispose()
    {
        _optimizer.Dispose();
        _loss.Dispose();
        _network.Dispose();
    }
}
