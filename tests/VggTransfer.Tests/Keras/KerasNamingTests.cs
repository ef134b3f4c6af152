using VggTransfer.Keras;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Weights.Formats.Keras;

namespace VggTransfer.Tests.Keras;

/// <summary>Oracle: the names that Keras gives its layers, in models.json of the goldens and in its documentation.</summary>
public sealed class KerasNamingTests
{
    [Theory]
    [InlineData("Conv2D", "conv2d")]
    [InlineData("Dense", "dense")]
    [InlineData("MaxPooling2D", "max_pooling2d")]
    [InlineData("AveragePooling2D", "average_pooling2d")]
    [InlineData("GlobalAveragePooling2D", "global_average_pooling2d")]
    [InlineData("GlobalMaxPooling2D", "global_max_pooling2d")]
    [InlineData("BatchNormalization", "batch_normalization")]
    [InlineData("ReLU", "re_lu")]
    [InlineData("Softmax", "softmax")]
    [InlineData("Sequential", "sequential")]
    [InlineData("SGD", "sgd")]
    [InlineData("Adam", "adam")]
    public void Class_names_become_Kerass_layer_names(string className, string name) => Assert.Equal(name, KerasNaming.ToSnakeCase(className));

    /// <summary>Two ways to write one rule: Keras's pair of regular expressions, with which names in files are read, and ours.</summary>
    [Fact]
    public void Every_class_gets_the_name_that_Kerass_own_expressions_give()
    {
        string[] classes = [.. typeof(Layer).Assembly.GetExportedTypes().Where(type => !type.IsAbstract).Select(type => type.Name)];
        Assert.Contains("GlobalMaxPooling2D", classes);
        Assert.All(classes, className => Assert.Equal(KerasKinds.SnakeCase(className), KerasNaming.ToSnakeCase(className)));
    }

    [Fact]
    public void Layers_count_by_class_and_inputs_from_1()
    {
        using var model = new Functional(new Input((32, 32, 3)), [new Conv2D(4, (3, 3)), new Conv2D(4, (3, 3)), new ReLU(), new Flatten(), new Dense(2, name: "dense_1"), new Dense(2), new Dense(2)]);
        Assert.Equal(["input_1", "conv2d", "conv2d_1", "re_lu", "flatten", "dense_1", "dense", "dense_2"], model.Layers.Select(layer => layer.Name));
    }

    [Fact]
    public void Models_within_are_named_as_Keras_names_models()
    {
        using var model = new Sequential
        {
            new Functional(new Input([4]), [new Dense(3)]),
            new Sequential([new Dense(2)]),
        };
        Assert.Equal(["model", "sequential"], model.Layers.Select(layer => layer.Name));
        Assert.Equal(["model/dense/kernel", "model/dense/bias", "sequential/dense/kernel", "sequential/dense/bias"], model.WeightNames);
    }
}
