namespace VggTransfer.Images;

/// <summary>
/// How pixels are normalised before they enter a VGG. It belongs to the weights, never to the architecture: each family
/// was trained with its own.
/// </summary>
public enum PreprocessingFamily
{
    /// <summary>Oxford's release and Keras ("caffe" mode): BGR, 0 to 255, minus the mean pixel [103.939, 116.779, 123.68].</summary>
    KerasCaffe,

    /// <summary>torchvision, timm and the ONNX model zoo: RGB / 255, minus [0.485, 0.456, 0.406], divided by [0.229, 0.224, 0.225].</summary>
    Torchvision,

    /// <summary>RGB / 255: networks trained on plain 0 to 1 pixels, such as the Keras notebook's.</summary>
    ZeroToOne,
}
