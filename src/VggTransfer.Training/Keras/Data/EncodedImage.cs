namespace VggTransfer.Keras.Data;

/// <summary>A picture that isn't decoded yet.</summary>
/// <param name="Name">What messages call it.</param>
/// <param name="Label">Its class.</param>
/// <param name="Read">Gives the file's bytes; from any thread.</param>
internal sealed record EncodedImage(string Name, string Label, Func<byte[]> Read);
