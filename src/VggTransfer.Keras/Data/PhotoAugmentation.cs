namespace VggTransfer.Keras.Data;

/// <summary>How training photos are changed, anew in each epoch.</summary>
public sealed record PhotoAugmentation
{
    /// <summary>Nothing is changed.</summary>
    public static PhotoAugmentation None { get; } = new();

    /// <summary>Every other picture is mirrored.</summary>
    public static PhotoAugmentation Mirror { get; } = new() { HorizontalFlip = true };

    /// <summary>Whether every other picture is mirrored.</summary>
    public bool HorizontalFlip { get; init; }
}
