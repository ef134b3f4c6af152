using VggTransfer.Keras.Data;
using VggTransfer.Models;

namespace VggTransfer.FineTuning;

/// <summary>Pixels as a pretrained network wants them. In front of the network, so that its first convolution pads with zeros behind it.</summary>
internal static class NormalizedPixels
{
    /// <summary>Normalises a batch of pixels, 0 to 255 in RGB.</summary>
    public static Batch Of(Batch batch, PreprocessingFamily family) => batch with { X = Of(batch.X, family) };

    private static NDArray Of(NDArray pixels, PreprocessingFamily family)
    {
        float[] values = new float[pixels.Count];
        ChannelNormalization normalization = ChannelNormalization.For(family);
        if (pixels.Values is byte[] bytes)
        {
            normalization.Normalize(bytes, values, inPlanes: false);
        }
        else
        {
            // Mixed pictures have fractions.
            float[] mixed = pixels.Values as float[] ?? pixels.ToSingles();
            for (int channel = 0; channel < 3; channel++)
            {
                int source = normalization.SourceChannel(channel);
                for (int pixel = 0; pixel < mixed.Length; pixel += 3)
                {
                    values[pixel + channel] = ((mixed[pixel + source] * normalization.Scale) - normalization.Mean[channel]) / normalization.Std[channel];
                }
            }
        }

        return NDArray.From(values, [.. pixels.Shape]);
    }
}
