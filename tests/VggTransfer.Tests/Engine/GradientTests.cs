using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>Oracle: central differences of the loss, in 8-byte numbers.</summary>
[Collection(SerialEngine.Name)]
public sealed class GradientTests
{
    private const double Step = 1e-6;

    public static TheoryData<string> Kinds => ["plain", "strided", "normalised", "pooled", "penalised", "nested"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Gradients_are_the_slopes_of_the_loss(string kind)
    {
        using Sequential model = Networks.Compiled(Layers(kind), Loss(kind), new SGD(0.0));
        INetwork network = model.CompiledNetwork;
        NDArray y = kind == "strided" ? NDArray.From([2, 0, 1]) : Networks.OneHot(3, 2, 0, 1);
        var batch = new Batch(Networks.Noise(1, 3, 6, 7, 2), y, NDArray.From([0.5, 1, 2]));
        Dictionary<int, double> classWeights = new() { [0] = 1, [1] = 0.5, [2] = 2 };
        foreach (string name in network.Variables)
        {
            // Away from the zeros and ones that weights begin with.
            double[] values = network.GetVariable(name).ToDoubles();
            double[] noise = Networks.Noise(name.Length, values.Length).ToDoubles();
            network.SetVariable(name, NDArray.From([.. values.Zip(noise, (value, more) => value + (0.2 * more))], [.. network.GetVariable(name).Shape]));
        }

        foreach ((string name, NDArray gradient) in network.Gradients(batch, classWeights))
        {
            double[] values = network.GetVariable(name).ToDoubles();
            foreach (int i in (int[])[0, values.Length / 2, values.Length - 1])
            {
                double slope = (LossAt(i, Step) - LossAt(i, -Step)) / (2 * Step);
                Assert.True(Math.Abs(slope - gradient.ToDoubles()[i]) < 1e-6 * Math.Max(1, Math.Abs(slope)), $"{kind}, {name}[{i}]: slope {slope}, gradient {gradient.ToDoubles()[i]}");
                network.SetVariable(name, NDArray.From(values, [.. gradient.Shape]));
            }

            double LossAt(int i, double by)
            {
                double[] moved = [.. values];
                moved[i] += by;
                network.SetVariable(name, NDArray.From(moved, [.. gradient.Shape]));

                // A rate of 0 moves no weight, and batch norm's running statistics don't count in training; dropout depends on
                // the number of steps.
                model.Optimizer.Iterations = 0;
                return network.Train(batch, classWeights).Loss;
            }
        }
    }

    private static Loss Loss(string kind) => kind switch
    {
        "strided" => new SparseCategoricalCrossentropy(),
        "pooled" => new BinaryCrossentropy(labelSmoothing: 0.2),
        "penalised" => new CategoricalCrossentropy(labelSmoothing: 0.1),
        _ => new CategoricalCrossentropy(fromLogits: true),
    };

    private static IEnumerable<Layer> Layers(string kind)
    {
        yield return new Input((6, 7, 2));
        switch (kind)
        {
            case "plain":
                yield return new Conv2D(3, (3, 3), padding: "same", activation: "tanh");
                yield return new MaxPooling2D();
                yield return new Flatten();
                yield return new Dense(4, "sigmoid");
                yield return new Dropout(0.4);
                yield return new Dense(3);
                break;
            case "strided":
                yield return new Rescaling(0.5, 0.1);
                yield return new Conv2D(3, (3, 2), (2, 2), "same", useBias: false);
                yield return new Activation("tanh");
                yield return new ReLU();
                yield return new Conv2D(2, (2, 2), activation: "sigmoid");
                yield return new Flatten();

                // Dropout hides the softmax, so that the loss comes from clipped probabilities.
                yield return new Dense(3, "softmax");
                yield return new Dropout(0);
                break;
            case "normalised":
                yield return new Conv2D(3, (3, 3));
                yield return new BatchNormalization();
                yield return new ReLU();
                yield return new GlobalAveragePooling2D();
                yield return new BatchNormalization(scale: false);
                yield return new Activation("relu");
                yield return new Dense(3);
                break;
            case "pooled":
                yield return new Conv2D(3, (2, 2), activation: "tanh");
                yield return new AveragePooling2D((2, 2), (2, 2), "same");
                yield return new GlobalMaxPooling2D();
                yield return new Dense(3, "sigmoid");
                break;
            case "penalised":
                yield return new Conv2D(3, (3, 3), activation: "relu", kernelRegularizer: new L1L2(0.01, 0.02), biasRegularizer: new L2(0.1), activityRegularizer: new L1L2(0.03, 0.04));
                yield return new BatchNormalization(gammaRegularizer: new L1(0.1), betaRegularizer: new L2(0.2));
                yield return new Flatten();
                yield return new Dense(3, "softmax", activityRegularizer: new L2(0.5), kernelRegularizer: new L1(0.01));
                break;
            case "nested":
                yield return new Functional(new Input((6, 7, 2)), [new Conv2D(2, (3, 3), padding: "same"), new Activation("softmax"), new Flatten()]);
                yield return new Dense(3);
                break;
        }
    }
}
