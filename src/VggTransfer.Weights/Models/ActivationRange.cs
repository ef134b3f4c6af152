namespace VggTransfer.Models;

/// <summary>The range of a layer's output over calibration images; what int8 quantisation needs to know.</summary>
/// <param name="Minimum">The smallest value.</param>
/// <param name="Maximum">The largest value.</param>
public readonly record struct ActivationRange(float Minimum, float Maximum);
