namespace VggTransfer.Images;

/// <summary>What <see cref="TensorFlowResize"/> does where the source's shape differs from the target's.</summary>
public enum TensorFlowFit
{
    /// <summary>Stretch: Keras' default.</summary>
    Stretch,

    /// <summary>Cut a centred part of the target's shape out first: Keras' <c>crop_to_aspect_ratio=True</c>.</summary>
    CropToAspectRatio,

    /// <summary>Surround the source with black to the target's shape first: Keras' <c>pad_to_aspect_ratio=True</c>.</summary>
    PadToAspectRatio,
}
