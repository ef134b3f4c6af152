namespace VggTransfer.FineTuning;

/// <summary>A part of a fine-tuning in which the same layers are trained at the same input size.</summary>
/// <param name="FreezeUntil">The first layer that is trained; <c>none</c> or <c>head</c>, as in <see cref="FineTuningOptions.FreezeUntil"/>.</param>
/// <param name="InputSize">Side of the input in pixels.</param>
/// <param name="Epochs">Epochs of this stage.</param>
public sealed record FineTuningStage(string FreezeUntil, int InputSize, int Epochs);
