namespace VggTransfer.Images;

/// <summary>The order of a tensor's axes: batch (N), channel (C), row (H), column (W).</summary>
public enum TensorLayout
{
    /// <summary>One plane a channel: torch and ONNX.</summary>
    Nchw,

    /// <summary>The channels of a pixel side by side: TensorFlow and Keras.</summary>
    Nhwc,
}
