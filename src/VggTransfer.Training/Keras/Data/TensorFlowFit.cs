namespace VggTransfer.Keras.Data;

/// <summary>What <see cref="TensorFlowResize"/> does where the source's shape differs from the target's.</summary>
internal enum TensorFlowFit
{
    /// <summary>Stretch: Keras' default.</summary>
    Stretch,

    /// <summary>Cut a centred part of the target's shape out first: Keras' <c>crop_to_aspect_ratio=True</c>.</summary>
    CropToAspectRatio,

    /// <summary>
    /// Fit the whole source into the target and surround it with black: <c>pad_to_aspect_ratio=True</c> of
    /// <c>image_dataset_from_directory</c>, which is <c>tf.image.resize_with_pad</c>. (Keras' <c>Resizing</c> layer pads before
    /// resizing instead, which blends the border.)
    /// </summary>
    PadToAspectRatio,
}
