using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;
using Legacy = VggTransfer.Keras.Optimizers.Legacy;

namespace VggTransfer.Tests.Engine;

/// <summary>
/// Oracle: Keras's formulas for one weight (keras/src/optimizers), written out. The goldens hold further cases.
/// </summary>
[Collection(SerialEngine.Name)]
public sealed class OptimizerTests
{
    private const int Steps = 5;
    private const double Rate = 0.01;

    public static TheoryData<string> Kinds =>
    [
        "rmsprop momentum", "rmsprop centered", "legacy rmsprop", "legacy rmsprop momentum", "legacy rmsprop centered", "legacy adagrad", "legacy amsgrad", "global norm", "ema overwrite", "ema with decay", "excluded decay",
    ];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void An_update_follows_the_formula(string kind)
    {
        (Optimizer optimizer, Func<Func<double, double>, double, double> formula) = Case(kind);
        using Sequential model = Networks.Compiled([new Input([1]), new Dense(1, "sigmoid", useBias: false, kernelInitializer: "zeros")], "binary_crossentropy", optimizer);
        model.Network.SetVariable("dense/kernel", NDArray.From([0.3], 1, 1));
        var batch = new Batch(NDArray.From([1.5], 1, 1), NDArray.From([0]));

        for (int i = 0; i < Steps; i++)
        {
            model.CompiledNetwork.Train(batch, null);
        }

        // The loss is log(1 + exp(1.5 w)).
        double expected = formula(w => 1.5 / (1 + Math.Exp(-1.5 * w)), 0.3);
        Assert.Equal(expected, model.Network.GetVariable("dense/kernel").ToDoubles()[0], 1e-12);
        Assert.Equal(Steps, optimizer.Iterations);
    }

    private static (Optimizer Optimizer, Func<Func<double, double>, double, double> Formula) Case(string kind)
    {
        // Keras keeps the old classes' numbers as 4-byte ones, and the rate too.
        double rho = (float)0.8, share = 1 - rho, momentum = (float)0.7, rate = (float)Rate;
        return kind switch
        {
            "rmsprop momentum" => (new RMSprop(Rate, 0.8, 0.7, 1e-3), (gradient, w) =>
            {
                double square = 0, velocity = 0;
                return Repeat(w, weight =>
                {
                    double g = gradient(weight);
                    square = (0.8 * square) + (0.2 * g * g);
                    velocity = (0.7 * velocity) + (Rate * g / Math.Sqrt(square + 1e-3));
                    return weight - velocity;
                });
            }),
            "rmsprop centered" => (new RMSprop(Rate, 0.8, epsilon: 1e-3, centered: true), (gradient, w) =>
            {
                double square = 0, mean = 0;
                return Repeat(w, weight =>
                {
                    double g = gradient(weight);
                    square = (0.8 * square) + (0.2 * g * g);
                    mean = (0.8 * mean) + (0.2 * g);
                    return weight - (Rate * g / Math.Sqrt(square - (mean * mean) + 1e-3));
                });
            }),
            "legacy rmsprop" or "legacy rmsprop centered" => (new Legacy.RMSprop(Rate, 0.8, epsilon: 1e-3, centered: kind.EndsWith("centered", StringComparison.Ordinal)), (gradient, w) =>
            {
                double square = 0, mean = 0;
                return Repeat(w, weight =>
                {
                    double g = gradient(weight);
                    square = (rho * square) + (share * g * g);
                    mean = kind.EndsWith("centered", StringComparison.Ordinal) ? (rho * mean) + (share * g) : 0;
                    return weight - (rate * g / (Math.Sqrt(square - (mean * mean)) + 1e-3));
                });
            }),
            "legacy rmsprop momentum" => (new Legacy.RMSprop(Rate, 0.8, 0.7, 1e-3), (gradient, w) =>
            {
                double square = 0, velocity = 0;
                return Repeat(w, weight =>
                {
                    double g = gradient(weight);
                    square = (rho * square) + (share * g * g);
                    velocity = (momentum * velocity) + (rate * g / Math.Sqrt(square + 1e-3));
                    return weight - velocity;
                });
            }),
            "legacy adagrad" => (new Legacy.Adagrad(Rate, 0.2, 1e-3, decay: 0.5), (gradient, w) =>
            {
                double sum = 0.2;
                int step = 0;
                return Repeat(w, weight =>
                {
                    double g = gradient(weight);
                    sum += g * g;
                    return weight - (rate / (1 + (0.5 * step++)) * g / (Math.Sqrt(sum) + 1e-3));
                });
            }),
            "legacy amsgrad" => (new Legacy.Adam(Rate, 0.8, 0.7, 1e-3, amsgrad: true), (gradient, w) =>
            {
                double m = 0, v = 0, largest = 0, beta1 = (float)0.8, beta2 = (float)0.7;
                int step = 0;
                return Repeat(w, weight =>
                {
                    step++;
                    double g = gradient(weight);
                    m = (beta1 * m) + ((1 - beta1) * g);
                    v = (beta2 * v) + ((1 - beta2) * g * g);
                    largest = Math.Max(largest, v);
                    return weight - (rate * Math.Sqrt(1 - Math.Pow(beta2, step)) / (1 - Math.Pow(beta1, step)) * m / (Math.Sqrt(largest) + 1e-3));
                });
            }),
            "global norm" => (new SGD(Rate, globalClipnorm: 0.25), (gradient, w) => Repeat(w, weight => weight - (Rate * Math.Min(gradient(weight), 0.25)))),
            "ema overwrite" => (new SGD(Rate, useEma: true, emaMomentum: 0.6, emaOverwriteFrequency: 2), (gradient, w) =>
            {
                double average = w;
                int step = 0;
                return Repeat(w, weight =>
                {
                    weight -= Rate * gradient(weight);
                    average = (0.6 * average) + (0.4 * weight);
                    return ++step % 2 == 0 ? average : weight;
                });
            }),
            "ema with decay" => (new SGD(Rate, weightDecay: 0.5, useEma: true, emaMomentum: 0.6, emaOverwriteFrequency: 2), (gradient, w) =>
            {
                double average = w;
                int step = 0;
                return Repeat(w, weight =>
                {
                    weight -= (Rate * gradient(weight)) + (Rate * 0.5 * weight);
                    average = (0.6 * average) + (0.4 * weight);
                    return ++step % 2 == 0 ? average : weight;
                });
            }),
            "excluded decay" => (Excluded(), (gradient, w) => Repeat(w, weight => weight - (Rate * gradient(weight)))),
            _ => throw new ArgumentException(kind),
        };
    }

    [Fact]
    public void Weight_decay_is_small_and_yet_exact_in_4_byte_numbers()
    {
        using Sequential model = Networks.Compiled([new Input([1]), new Dense(2, kernelInitializer: "ones")], optimizer: new SGD(1e-3, weightDecay: 1e-3), precision: Precision.Float32);
        var batch = new Batch(NDArray.From([0f], 1, 1), Networks.OneHot(2, 0));

        for (int i = 0; i < 100; i++)
        {
            model.CompiledNetwork.Train(batch, null);
        }

        // 100 steps of 1e-6; a single rounding of 1 - 1e-6 to 4 bytes would be 5 % off.
        Assert.Equal(1 - 1e-4, model.Network.GetVariable("dense/kernel").ToDoubles()[0], 2e-6);
    }

    [Fact]
    public void A_training_goes_on_from_its_state_bit_by_bit()
    {
        Layer[] Layers() => [new Input((8, 8, 3)), new Conv2D(4, (3, 3), padding: "same", useBias: false), new BatchNormalization(), new ReLU(), new Dropout(0.3), new Flatten(), new Dense(3)];
        Optimizer NewOptimizer() => new Adam(1e-3, amsgrad: true, useEma: true);
        var batch = new Batch(Networks.Noise(1, 6, 8, 8, 3), Networks.OneHot(3, 0, 1, 2, 0, 1, 2));
        using Sequential whole = Networks.Compiled(Layers(), optimizer: NewOptimizer(), precision: Precision.Float32);
        using Sequential resumed = Networks.Compiled(Layers(), optimizer: NewOptimizer(), precision: Precision.Float32);

        Train(whole, 3);
        Dictionary<string, NDArray> weights = whole.Network.Variables.ToDictionary(name => name, whole.Network.GetVariable);
        IReadOnlyDictionary<string, NDArray> state = whole.CompiledNetwork.GetOptimizerState();
        Train(whole, 3);
        foreach ((string name, NDArray values) in weights)
        {
            resumed.Network.SetVariable(name, values);
        }

        resumed.CompiledNetwork.SetOptimizerState(state);
        resumed.Optimizer.Iterations = 3;
        Train(resumed, 3);

        Assert.Equal(Networks.Weights(whole.Network), Networks.Weights(resumed.Network));
        Assert.Equal(whole.CompiledNetwork.GetOptimizerState().ToDictionary(pair => pair.Key, pair => pair.Value.ToSingles()), resumed.CompiledNetwork.GetOptimizerState().ToDictionary(pair => pair.Key, pair => pair.Value.ToSingles()));
        Assert.Contains("vhat/conv2d/kernel", state.Keys);
        Assert.Equal([3, 3, 3, 4], state["ema/conv2d/kernel"].Shape);

        void Train(Sequential model, int steps)
        {
            for (int i = 0; i < steps; i++)
            {
                model.CompiledNetwork.Train(batch, null);
            }
        }
    }

    [Fact]
    public void The_state_of_another_optimizer_is_refused()
    {
        using Sequential sgd = Networks.Compiled([new Input([2]), new Dense(2)], optimizer: new SGD(0.1, 0.9));
        using Sequential adam = Networks.Compiled([new Input([2]), new Dense(2)], optimizer: "adam");
        using Sequential wider = Networks.Compiled([new Input([3]), new Dense(2)], optimizer: new SGD(0.1, 0.9));
        using Sequential adagrad = Networks.Compiled([new Input([2]), new Dense(2)], optimizer: "adagrad");
        IReadOnlyDictionary<string, NDArray> state = sgd.CompiledNetwork.GetOptimizerState();

        Assert.Contains("Adam", Assert.Throws<ArgumentException>(() => adam.CompiledNetwork.SetOptimizerState(state)).Message, StringComparison.Ordinal);
        Assert.Contains("accumulator", Assert.Throws<ArgumentException>(() => adagrad.CompiledNetwork.SetOptimizerState(state)).Message, StringComparison.Ordinal);
        Assert.Contains("(3, 2)", Assert.Throws<ArgumentException>(() => wider.CompiledNetwork.SetOptimizerState(state)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Long_weights_are_updated_in_stretches_as_if_at_once()
    {
        // 1,100,000 weights: two stretches.
        using Sequential model = Networks.Compiled([new Input([1]), new Dense(1_100_000, useBias: false)], new SparseCategoricalCrossentropy(fromLogits: true), new SGD(0.5, 0.9, nesterov: true), precision: Precision.Float32);
        double[] before = model.Network.GetVariable("dense/kernel").ToDoubles();
        var batch = new Batch(NDArray.From([1f], 1, 1), NDArray.From([1_099_999]));
        double[] gradient = model.CompiledNetwork.Gradients(batch, null)["dense/kernel"].ToDoubles();

        model.CompiledNetwork.Train(batch, null);

        double[] after = model.Network.GetVariable("dense/kernel").ToDoubles();
        foreach (int i in (int[])[0, 1_048_575, 1_048_576, 1_099_999])
        {
            Assert.Equal(before[i] - (0.5 * 1.9 * gradient[i]), after[i], 1e-6);
        }
    }

    [Fact]
    public void Numbers_out_of_range_are_refused_by_name()
    {
        Assert.Equal("momentum", Assert.Throws<ArgumentOutOfRangeException>(() => new SGD(0.1, 1.5)).ParamName);
        Assert.Equal("beta2", Assert.Throws<ArgumentOutOfRangeException>(() => new Adam(0.1, beta2: -1)).ParamName);
        Assert.Equal("clipvalue", Assert.Throws<ArgumentOutOfRangeException>(() => new Adagrad(clipvalue: -1)).ParamName);
        Assert.Throws<ArgumentException>(() => new RMSprop(clipnorm: 1, globalClipnorm: 1));
        Assert.Throws<ArgumentException>(() => Optimizer.FromName("ftrl"));
        Assert.Equal("AdamW", Optimizer.FromName("AdamW").Name);
    }

    private static SGD Excluded()
    {
        var optimizer = new SGD(Rate, weightDecay: 0.5);
        optimizer.ExcludeFromWeightDecay("^other", "kern.l$");
        return optimizer;
    }

    private static double Repeat(double weight, Func<double, double> step)
    {
        for (int i = 0; i < Steps; i++)
        {
            weight = step(weight);
        }

        return weight;
    }
}
