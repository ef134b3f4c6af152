using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Initializers;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Schedules;
using Legacy = VggTransfer.Keras.Optimizers.Legacy;

namespace VggTransfer.Tests.Keras.Models;

public sealed class ObjectConfigTests
{
    private static readonly JsonElement s_nothing = JsonDocument.Parse("{}").RootElement;

    public static TheoryData<object> Examples =>
    [
        new Input((32, 16, 3), "in"),
        new Conv2D(8, (3, 1), (2, 1), "same", "relu", false, new HeNormal(7), "ones", new L2(5e-4), new L1(0.25), new L1L2(0.5, 0.125), (32, 16, 3), "c"),
        new Dense(5, "softmax", kernelInitializer: new VarianceScaling(0.5, "fan_out", "untruncated_normal", 3), inputShape: [7], name: "d"),
        new BatchNormalization(0.9, 1e-5, center: false, scale: false, name: "bn"),
        new MaxPooling2D((3, 2), (1, 2), "same", "p"),
        new AveragePooling2D(name: "a"),
        new Rescaling(1.0 / 255, -1, (4, 5, 6), "r"),
        new Dropout(0.3, "x"),
        new Activation("tanh", "t"),
        new RandomUniform(-0.25, 0.5, 4),
        new TruncatedNormal(0.5, 0.25),
        new PiecewiseConstantDecay([3, 5], [0.5, 0.25, 0.125]),
        new CosineDecay(0.1, 10, 0.25, 0.5, 3),
        new CosineDecay(0.1, 10),
        new OneCycle(0.1, 1000, 0.25, 10, 100),
        new Dense(2, kernelRegularizer: new L2StartingPoint(0.125), name: "s"),
        new SGD(0.1, 0.9, true, clipvalue: 0.5, useEma: true, emaOverwriteFrequency: 7),
        new Adam(new ExponentialDecay(0.001, 100, 0.5, true), amsgrad: true),
        new Legacy.SGD(0.01, 0.9, decay: 1e-4),
        new CategoricalCrossentropy(fromLogits: true, labelSmoothing: 0.125),
        new LossMetric(new BinaryCrossentropy(labelSmoothing: 0.5), "b"),
        new TopKCategoricalAccuracy(3),
    ];

    [Theory]
    [MemberData(nameof(Examples))]
    public void A_description_comes_back_as_it_was(object value)
    {
        if (value is Layer layer)
        {
            // As a model does.
            layer.Name = layer.GivenName!;
        }

        string json = ObjectConfig.Write(value).ToJsonString();
        object back = Read(json, value.GetType());
        if (back is Layer other)
        {
            other.Name = other.GivenName!;
        }

        Assert.IsType(value.GetType(), back);
        Assert.NotSame(value, back);
        Assert.Equal(json, ObjectConfig.Write(back).ToJsonString());
    }

    [Fact]
    public void Configurations_are_spelled_as_Keras_spells_them()
    {
        JsonNode json = ObjectConfig.Write(new Conv2D(8, (3, 1), padding: "same", activation: "relu", kernelRegularizer: new L2(0.5)));
        Assert.Equal("Conv2D", (string?)json["class_name"]);
        Assert.Equal([3, 1], json["config"]!["kernel_size"]!.AsArray().Select(side => (int)side!));
        Assert.Equal("same", (string?)json["config"]!["padding"]);
        Assert.Equal("relu", (string?)json["config"]!["activation"]);
        Assert.Equal("GlorotUniform", (string?)json["config"]!["kernel_initializer"]!["class_name"]);
        Assert.Equal(0.5, (double?)json["config"]!["kernel_regularizer"]!["config"]!["l2"]);
        Assert.Equal("InputLayer", (string?)ObjectConfig.Write(new Input([3]))["class_name"]);
        Assert.Equal("legacy.SGD", (string?)ObjectConfig.Write(new Legacy.SGD())["class_name"]);
    }

    /// <summary>Nothing that a constructor takes may be lost: a new class or argument without a property fails here.</summary>
    [Fact]
    public void Every_class_can_be_written_and_read()
    {
        Type[] classes = [.. ObjectConfig.Classes];
        Assert.True(classes.Length > 50, $"{classes.Length} classes");
        foreach (Type type in classes)
        {
            ConstructorInfo constructor = type.GetConstructors().OrderByDescending(c => c.GetParameters().Length).ThenByDescending(c => c.GetParameters().Any(p => p.ParameterType.IsArray)).First();
            object value = constructor.Invoke([.. constructor.GetParameters().Select(Example)]);
            string json = ObjectConfig.Write(value).ToJsonString();
            Assert.Equal(json, ObjectConfig.Write(Read(json, type)).ToJsonString());
        }
    }

    [Theory]
    [InlineData("""{"class_name": "Process", "config": {}}""", "unknown class 'Process'")]
    [InlineData("""{"class_name": "SGD", "config": {}}""", "unknown class 'SGD'")]
    [InlineData("""{"class_name": "Dropout"}""", "no 'config'")]
    [InlineData("""{"class_name": "Dropout", "config": {}}""", "no setting 'rate'")]
    [InlineData("""{"class_name": "Dropout", "config": {"rate": "x"}}""", "'rate' of its Dropout is of a wrong kind")]
    [InlineData("""{"class_name": "Dropout", "config": {"rate": null}}""", "'rate' of its Dropout is of a wrong kind")]
    [InlineData("""{"class_name": "Dropout", "config": {"rate": 2}}""", "below 1")]
    [InlineData("""{"class_name": "Dropout", "config": {"rate": 0.5, "colour": 1}}""", "'colour', which is unknown")]
    [InlineData("""{"class_name": "Conv2D", "config": {"filters": 3, "kernel_size": [3]}}""", "'kernel_size' of its Conv2D is of a wrong kind")]
    [InlineData("""{"class_name": "Conv2D", "config": {"filters": 99999999999, "kernel_size": [3, 3]}}""", "'filters' of its Conv2D is of a wrong kind")]
    [InlineData("""[]""", "no 'class_name'")]
    public void Wrong_configurations_are_refused(string json, string reason)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Contains(reason, Assert.Throws<FormatException>(() => ObjectConfig.Read<Layer>(document.RootElement)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Classes_of_others_cannot_be_written()
    {
        var layer = new Dense(2, kernelInitializer: new Own());
        Assert.Contains("Own", Assert.Throws<NotSupportedException>(() => ObjectConfig.Write(layer)).Message, StringComparison.Ordinal);
        Assert.Throws<FormatException>(() => ObjectConfig.Read<Initializer>(s_nothing));
    }

    private static object Read(string json, Type type)
    {
        using var document = JsonDocument.Parse(json);
        return true switch
        {
            _ when type.IsSubclassOf(typeof(Layer)) => ObjectConfig.Read<Layer>(document.RootElement),
            _ when type.IsSubclassOf(typeof(Initializer)) => ObjectConfig.Read<Initializer>(document.RootElement),
            _ when type.IsSubclassOf(typeof(Regularizer)) => ObjectConfig.Read<Regularizer>(document.RootElement),
            _ when type.IsSubclassOf(typeof(LearningRateSchedule)) => ObjectConfig.Read<LearningRateSchedule>(document.RootElement),
            _ when type.IsSubclassOf(typeof(Optimizer)) => ObjectConfig.Read<Optimizer>(document.RootElement),
            _ when type.IsSubclassOf(typeof(Loss)) => ObjectConfig.Read<Loss>(document.RootElement),
            _ => ObjectConfig.Read<Metric>(document.RootElement),
        };
    }

    /// <summary>The default, or something for what has none.</summary>
    private static object? Example(ParameterInfo parameter) =>
        parameter.HasDefaultValue ? parameter.DefaultValue
        : parameter.ParameterType == typeof(int) ? 4
        : parameter.ParameterType == typeof(long) ? 4L
        : parameter.ParameterType == typeof(double) ? 0.5
        : parameter.ParameterType == typeof(string) ? "relu"
        : parameter.ParameterType == typeof((int, int)) ? (3, 3)
        : parameter.ParameterType == typeof(int[]) ? new[] { 2, 3 }
        : parameter.ParameterType == typeof(IReadOnlyList<long>) ? new long[] { 2, 3 }
        : parameter.ParameterType == typeof(IReadOnlyList<double>) ? new[] { 0.5, 0.25, 0.125 }
        : parameter.ParameterType == typeof(Loss) ? new CategoricalCrossentropy()
        : throw new InvalidOperationException($"There is no example for {parameter.Member.DeclaringType!.Name}'s argument {parameter.Name}.");

    private sealed class Own : Initializer
    {
        public override NDArray Create(IReadOnlyList<int> shape, ulong seed) => new Zeros().Create(shape, seed);
    }
}
