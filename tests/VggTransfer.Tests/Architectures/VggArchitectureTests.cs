using VggTransfer.Architectures;

namespace VggTransfer.Tests.Architectures;

public sealed class VggArchitectureTests
{
    // Oracle: torchvision's published num_params; they count what is trained, so no running statistics.
    [Theory]
    [InlineData(VggConfiguration.A, false, 132_863_336)]
    [InlineData(VggConfiguration.B, false, 133_047_848)]
    [InlineData(VggConfiguration.D, false, 138_357_544)]
    [InlineData(VggConfiguration.E, false, 143_667_240)]
    [InlineData(VggConfiguration.A, true, 132_868_840)]
    [InlineData(VggConfiguration.B, true, 133_053_736)]
    [InlineData(VggConfiguration.D, true, 138_365_992)]
    [InlineData(VggConfiguration.E, true, 143_678_248)]
    public void Trainable_parameters_are_torchvisions(VggConfiguration configuration, bool batchNorm, long expected) =>
        Assert.Equal(expected, new VggArchitecture { Configuration = configuration, BatchNorm = batchNorm }.TrainableParameterCount);

    // Oracle: Keras's include_top=False models.
    [Theory]
    [InlineData(VggConfiguration.D, 14_714_688)]
    [InlineData(VggConfiguration.E, 20_024_384)]
    public void Parameters_without_top_are_kerass(VggConfiguration configuration, long expected) =>
        Assert.Equal(expected, new VggArchitecture { Configuration = configuration, IncludeTop = false }.ParameterCount);

    [Fact]
    public void Running_statistics_count_as_parameters_and_not_as_trainable_ones()
    {
        var architecture = new VggArchitecture { BatchNorm = true };

        // VGG16's convolutions have 4,224 filters in all, with a mean and a variance each.
        Assert.Equal(138_365_992 + (2 * 4_224), architecture.ParameterCount);
    }

    // Oracle: torchvision's published _ops, in billions of multiply-adds, three decimals.
    [Theory]
    [InlineData(VggConfiguration.A, 7.609)]
    [InlineData(VggConfiguration.B, 11.308)]
    [InlineData(VggConfiguration.D, 15.470)]
    [InlineData(VggConfiguration.E, 19.632)]
    public void Multiply_adds_are_torchvisions_and_flops_twice_that(VggConfiguration configuration, double billions)
    {
        var architecture = new VggArchitecture { Configuration = configuration };

        Assert.Equal(billions, architecture.MultiplyAdds / 1e9, 0.0006);
        Assert.Equal(2 * architecture.MultiplyAdds, architecture.Flops);
        Assert.Equal(architecture.Flops, architecture.Layers.Sum(layer => layer.Flops));
    }

    // Oracle: model.summary() of the Keras notebook, row by row.
    [Fact]
    public void Notebook_network_has_kerass_count_in_every_layer()
    {
        var architecture = new VggArchitecture { InputSize = 32, FifthPool = false, Classes = 10 };

        Assert.Equal(
            [1_792, 36_928, 73_856, 147_584, 295_168, 590_080, 590_080, 1_180_160, 2_359_808, 2_359_808, 2_359_808, 2_359_808, 2_359_808, 8_392_704, 16_781_312, 40_970],
            architecture.Layers.Where(layer => layer.Parameters > 0).Select(layer => layer.Parameters));
        Assert.Equal(39_929_674, architecture.ParameterCount);
        Assert.Equal(2_048, architecture.Layer("flatten").Output.Channels);
    }

    // Oracle: the recurrence r += (k - 1) * jump by hand; 212 is the usually quoted value for VGG16's last pool.
    [Theory]
    [InlineData(VggConfiguration.D, "block1_conv1", 3, 1)]
    [InlineData(VggConfiguration.D, "block1_pool", 6, 2)]
    [InlineData(VggConfiguration.D, "block3_conv3", 40, 4)]
    [InlineData(VggConfiguration.D, "block5_conv3", 196, 16)]
    [InlineData(VggConfiguration.D, "block5_pool", 212, 32)]
    [InlineData(VggConfiguration.D, "fc1", 224, 224)]
    [InlineData(VggConfiguration.A, "block5_pool", 150, 32)]
    [InlineData(VggConfiguration.C, "block5_pool", 156, 32)]
    [InlineData(VggConfiguration.E, "block5_pool", 268, 32)]
    public void Receptive_fields_and_strides_follow_from_the_windows(VggConfiguration configuration, string layer, int field, int stride)
    {
        VggLayer found = new VggArchitecture { Configuration = configuration }.Layer(layer);

        Assert.Equal((field, stride), (found.ReceptiveField, found.Stride));
    }

    // Oracle: torchvision's state_dict keys.
    [Theory]
    [InlineData(VggConfiguration.D, false, "block5_conv3", "features.28")]
    [InlineData(VggConfiguration.D, false, "block5_pool", "features.30")]
    [InlineData(VggConfiguration.D, true, "block5_conv3", "features.40")]
    [InlineData(VggConfiguration.D, true, "block5_conv3_bn", "features.41")]
    [InlineData(VggConfiguration.E, false, "block5_conv4", "features.34")]
    [InlineData(VggConfiguration.A, false, "block5_conv2", "features.18")]
    [InlineData(VggConfiguration.D, false, "fc1", "classifier.0")]
    [InlineData(VggConfiguration.D, false, "fc2", "classifier.3")]
    [InlineData(VggConfiguration.D, false, "predictions", "classifier.6")]
    public void Modules_have_torchvisions_names(VggConfiguration configuration, bool batchNorm, string layer, string expected) =>
        Assert.Equal(expected, new VggArchitecture { Configuration = configuration, BatchNorm = batchNorm }.Layer(layer).TorchName);

    // Oracle: keras.applications.VGG16's layers.
    [Fact]
    public void Layers_have_kerass_names() => Assert.Equal(
        [
            "block1_conv1", "block1_conv2", "block1_pool",
            "block2_conv1", "block2_conv2", "block2_pool",
            "block3_conv1", "block3_conv2", "block3_conv3", "block3_pool",
            "block4_conv1", "block4_conv2", "block4_conv3", "block4_pool",
            "block5_conv1", "block5_conv2", "block5_conv3", "block5_pool",
            "flatten", "fc1", "fc2", "predictions",
        ],
        new VggArchitecture { Dropout = 0 }.Layers.Select(layer => layer.Name));

    [Fact]
    public void Configuration_C_ends_blocks_3_to_5_in_pointwise_convolutions() => Assert.Equal(
        ["block3_conv3", "block4_conv3", "block5_conv3"],
        new VggArchitecture { Configuration = VggConfiguration.C }.Layers.Where(layer => layer is { Kind: VggLayerKind.Convolution, KernelSize: 1 }).Select(layer => layer.Name));

    public static TheoryData<VggArchitecture, string> InvalidOptions => new()
    {
        { new VggArchitecture { WidthMultiplier = 0 }, "WidthMultiplier is 0, and must be above 0 and at most 8." },
        { new VggArchitecture { WidthMultiplier = double.NaN }, "WidthMultiplier is NaN, and must be above 0 and at most 8." },
        { new VggArchitecture { BatchNormEpsilon = 1.5 }, "BatchNormEpsilon is 1.5, and must be above 0 and at most 1." },
        { new VggArchitecture { InputSize = 31 }, "InputSize is 31, and must be 32 to 4096." },
        { new VggArchitecture { InputSize = 4097 }, "InputSize is 4097, and must be 32 to 4096." },
        { new VggArchitecture { Classes = 0 }, "Classes is 0, and must be 1 to 1,000,000." },
        { new VggArchitecture { DenseUnits = 65_537 }, "DenseUnits is 65537, and must be 1 to 65,536." },
        { new VggArchitecture { Dropout = 1 }, "Dropout is 1, and must be 0 or more and below 1." },
        { new VggArchitecture { Configuration = (VggConfiguration)5 }, "Configuration is 5, and must be one of A, B, C, D, E." },
    };

    [Theory]
    [MemberData(nameof(InvalidOptions))]
    public void Invalid_options_are_named_with_value_and_range(VggArchitecture architecture, string sentence)
    {
        var exception = Assert.Throws<ArgumentOutOfRangeException>(() => architecture.Layers);

        Assert.StartsWith(sentence, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Unknown_layer_names_what_there_is()
    {
        var exception = Assert.Throws<ArgumentException>(() => new VggArchitecture { IncludeTop = false }.Layer("fc2"));

        Assert.StartsWith("VGG16, convolutions only has no layer 'fc2'; it has block1_conv1, ", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Operations_of_the_largest_network_dont_overflow()
    {
        var architecture = new VggArchitecture { Configuration = VggConfiguration.E, WidthMultiplier = 8, InputSize = 4096, DenseUnits = 65_536 };

        Assert.True(architecture.MultiplyAdds > 400e12);
    }
}
