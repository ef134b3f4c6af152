namespace VggTransfer.Models;

/// <summary>The formats that weights are read from.</summary>
public enum WeightsFormat
{
    /// <summary>safetensors, with torchvision's or timm's names.</summary>
    Safetensors,

    /// <summary>Keras's HDF5: whole models and weights-only files (<c>.h5</c>), old and new, and Keras 3's <c>.weights.h5</c>.</summary>
    KerasH5,

    /// <summary>Keras 3's zip archive, <c>.keras</c>.</summary>
    Keras,

    /// <summary>PyTorch's zip archive, or the pickle of versions before 1.6 (<c>.pth</c>, <c>.pt</c>).</summary>
    PyTorch,

    /// <summary>An ONNX graph.</summary>
    Onnx,

    /// <summary>Caffe's <c>.caffemodel</c>.</summary>
    Caffe,

    /// <summary>A TensorFlow checkpoint (prefix, <c>.index</c>) or the folder of a SavedModel.</summary>
    TensorFlowCheckpoint,
}
