using VggTransfer.Images;
using VggTransfer.Keras.Data;

namespace VggTransfer.Tests.Keras.Data;

/// <summary>Oracle: the formulas of tf.image.resize; the goldens hold it to TensorFlow's own numbers.</summary>
public sealed class TensorFlowResizeTests
{
    [Fact]
    public void Enlarging_interpolates_between_half_pixel_centres()
    {
        RgbImage image = new(2, 1, [0, 0, 0, 100, 200, 40]);

        float[] red = [.. TensorFlowResize.Resize(image, 4, 1).Where((_, i) => i % 3 == 0)];

        Assert.Equal([0f, 25f, 75f, 100f], red);
    }

    [Fact]
    public void Shrinking_does_not_average()
    {
        RgbImage image = new(8, 1, [.. Enumerable.Range(0, 8).SelectMany(x => new byte[] { (byte)(x == 3 || x == 4 ? 0 : 255), 0, 0 })]);

        // The output's only pixel looks at columns 3 and 4 and at nothing else.
        Assert.Equal(0f, TensorFlowResize.Resize(image, 1, 1)[0]);
    }

    [Fact]
    public void Cropping_takes_the_centre_and_padding_adds_black()
    {
        RgbImage image = new(4, 2, [.. Enumerable.Repeat((byte)200, 4 * 2 * 3)]);

        Assert.All(TensorFlowResize.Resize(image, 4, 4, TensorFlowFit.CropToAspectRatio), v => Assert.Equal(200f, v));
        float[] padded = TensorFlowResize.Resize(image, 4, 4, TensorFlowFit.PadToAspectRatio);
        Assert.All(padded[..12], v => Assert.Equal(0f, v));
        Assert.All(padded[12..36], v => Assert.Equal(200f, v));
        Assert.All(padded[36..], v => Assert.Equal(0f, v));
    }
}
