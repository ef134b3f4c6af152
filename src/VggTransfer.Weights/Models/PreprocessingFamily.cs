namespace VggTransfer.Models;

/// <summary>What a network's training applied to the pixels; <see cref="ChannelNormalization.For"/> has the numbers.</summary>
public enum PreprocessingFamily
{
    /// <summary>Keras' VGG models, converted from Caffe: BGR, 0 to 255, minus the mean of ImageNet.</summary>
    KerasCaffe,

    /// <summary>torchvision and timm: RGB, 0 to 1, minus mean, by standard deviation.</summary>
    Torchvision,

    /// <summary>RGB, 0 to 1.</summary>
    ZeroToOne,
}
