using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Metrics;
using VggTransfer.Keras.Optimizers;

namespace VggTransfer.Training;

/// <summary>What <c>Compile</c> was given, names resolved.</summary>
/// <param name="Optimizer">How weights are updated.</param>
/// <param name="Loss">What is minimised.</param>
/// <param name="Metrics">What is reported beside the loss; sample weights don't count in it.</param>
internal sealed record CompiledTraining(Optimizer Optimizer, Loss Loss, IReadOnlyList<Metric> Metrics);
