namespace VggTransfer.Keras.Plots;

/// <summary>A figure over the epochs.</summary>
/// <param name="Name">Its name: <c>loss</c>, <c>val_loss</c>, <c>lr</c>.</param>
/// <param name="Points">The epochs, from 0, and what was recorded in them; epochs without it are left out.</param>
internal sealed record Curve(string Name, IReadOnlyList<(int Epoch, double Value)> Points);
