using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Regularizers;

namespace VggTransfer.Benchmarks.Training;

/// <summary>The networks whose training is measured: rows of convolution widths, 0 for a pool.</summary>
/// <param name="Channels">Widths of the convolutions, 0 for a pool.</param>
/// <param name="Units">Units of the two hidden dense layers.</param>
/// <param name="IsNormalized">Whether batch norm follows each convolution.</param>
internal sealed record TrainingNetwork(int[] Channels, int Units, bool IsNormalized)
{
    public const int Classes = 10;

    /// <summary>Height and width of the images.</summary>
    public const int Side = 32;

    public static TrainingNetwork Find(string name) => name switch
    {
        "notebook" => new([64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512], 4096, false),
        "narrow" => new([16, 16, 0, 32, 32, 0, 64, 64, 64, 0, 128, 128, 128, 0, 128, 128, 128], 256, true),
        _ => throw new ArgumentException($"There is no network '{name}'; there are notebook and narrow."),
    };

    /// <summary>The network in Keras-style layers.</summary>
    public Sequential ToModel()
    {
        var model = new Sequential { new Input((Side, Side, 3)) };
        foreach (int channels in Channels)
        {
            if (channels == 0)
            {
                model.Add(new MaxPooling2D());
                continue;
            }

            model.Add(new Conv2D(channels, (3, 3), padding: "same", activation: IsNormalized ? null : "relu", useBias: !IsNormalized, kernelRegularizer: new L2(5e-4)));
            if (IsNormalized)
            {
                model.Add(new BatchNormalization());
                model.Add(new ReLU());
            }
        }

        model.Add(new Flatten());
        for (int i = 0; i < 2; i++)
        {
            model.Add(new Dense(Units, "relu"));
            model.Add(new Dropout(0.5));
        }

        model.Add(new Dense(Classes));
        return model;
    }
}
