using VggTransfer.Models;

namespace VggTransfer.Tests.Models;

public sealed class ChannelNormalizationTests
{
    private static readonly byte[] s_twoPixels = [255, 0, 10, 20, 30, 40];

    [Fact]
    public void Keras_caffe_swaps_to_BGR_and_subtracts_the_mean()
    {
        float[] nhwc = new float[6];

        ChannelNormalization.For(PreprocessingFamily.KerasCaffe).Normalize(s_twoPixels, nhwc, inPlanes: false);

        // Oracle: keras.applications.vgg16.preprocess_input's formula.
        Assert.Equal([10 - 103.939f, 0 - 116.779f, 255 - 123.68f, 40 - 103.939f, 30 - 116.779f, 20 - 123.68f], nhwc);
    }

    [Fact]
    public void Torchvision_fills_one_plane_a_channel()
    {
        float[] nchw = new float[6];

        ChannelNormalization.For(PreprocessingFamily.Torchvision).Normalize(s_twoPixels, nchw, inPlanes: true);

        // Oracle: ToTensor and Normalize in 32-bit floats.
        Assert.Equal(
            [((255 / 255f) - 0.485f) / 0.229f, ((20 / 255f) - 0.485f) / 0.229f, (0 - 0.456f) / 0.224f, ((30 / 255f) - 0.456f) / 0.224f, ((10 / 255f) - 0.406f) / 0.225f, ((40 / 255f) - 0.406f) / 0.225f],
            nchw);
    }

    [Theory]
    [InlineData(PreprocessingFamily.KerasCaffe)]
    [InlineData(PreprocessingFamily.Torchvision)]
    [InlineData(PreprocessingFamily.ZeroToOne)]
    public void Published_numbers_give_the_same_values(PreprocessingFamily family)
    {
        ChannelNormalization numbers = ChannelNormalization.For(family);
        float[] nhwc = new float[6];

        ChannelNormalization.For(family).Normalize(s_twoPixels, nhwc, inPlanes: false);

        for (int i = 0; i < 6; i++)
        {
            int channel = i % 3, pixel = s_twoPixels[i - channel + (numbers.Bgr ? 2 - channel : channel)];
            Assert.Equal(((pixel * numbers.Scale) - numbers.Mean[channel]) / numbers.Std[channel], nhwc[i], 1e-5f);
        }
    }

    [Fact]
    public void Lengths_that_do_not_match_are_misuse()
    {
        Assert.Throws<ArgumentException>(() => ChannelNormalization.For(PreprocessingFamily.ZeroToOne).Normalize(s_twoPixels, new float[5], inPlanes: true));
        Assert.Throws<ArgumentException>(() => ChannelNormalization.For(PreprocessingFamily.ZeroToOne).Normalize(s_twoPixels.AsSpan(1), new float[5], inPlanes: true));
    }
}
