using VggTransfer.Keras.Data;

namespace VggTransfer.Training;

/// <summary>
/// What computes a model: the only door between descriptions (layers, optimizers, losses, metrics) and the engine
/// beneath. Weights and optimizer slots go through it in Keras's names, shapes and layouts.
/// </summary>
internal interface INetwork : IDisposable
{
    /// <summary>Where it computes, and how, in words: <c>CPU, 2 threads, float32</c>.</summary>
    string Device { get; }

    /// <summary>
    /// The weights by <c>layer/variable</c>, in the model's order; those of a model within have its name before
    /// (<c>vgg16/block1_conv1/kernel</c>).
    /// </summary>
    IReadOnlyList<string> Variables { get; }

    /// <summary>A weight, in the type of the computation.</summary>
    NDArray GetVariable(string name);

    /// <summary>Replaces a weight.</summary>
    /// <exception cref="ArgumentException">The shape differs.</exception>
    void SetVariable(string name, NDArray values);

    /// <summary>Takes on an optimizer, a loss and metrics, and looks anew at which layers are trainable. Slots start afresh.</summary>
    void Compile(CompiledTraining training);

    /// <summary>
    /// One step of training: loss, gradients, and the update, for which the optimizer may gather the gradients of several steps.
    /// Counts <see cref="Keras.Optimizers.Optimizer.Iterations"/> up with each update. Where the loss
    /// isn't finite nothing is updated, so that <see cref="FirstNonFinite"/> finds the cause and not the consequences.
    /// </summary>
    /// <param name="batch">With targets.</param>
    /// <param name="classWeights">A factor on the loss of each class; null for 1.</param>
    StepResult Train(Batch batch, IReadOnlyDictionary<int, double>? classWeights);

    /// <summary>
    /// One step of evaluation: the loss with its penalties and the metrics, without dropout. A penalty that draws to starting points
    /// doesn't count: it says how a network is trained, and nothing of what it is worth.
    /// </summary>
    StepResult Test(Batch batch);

    /// <summary>The model's output for inputs.</summary>
    NDArray Predict(NDArray x);

    /// <summary>The gradients of the total loss, by weight, before clipping; nothing is changed.</summary>
    IReadOnlyDictionary<string, NDArray> Gradients(Batch batch, IReadOnlyDictionary<int, double>? classWeights);

    /// <summary>
    /// The optimizer's memory by <c>slot/layer/variable</c> (<c>momentum/conv2d/kernel</c>), in the layouts of the weights.
    /// </summary>
    IReadOnlyDictionary<string, NDArray> GetOptimizerState();

    /// <summary>Takes back what <see cref="GetOptimizerState"/> gave.</summary>
    /// <exception cref="ArgumentException">It is another optimizer's.</exception>
    void SetOptimizerState(IReadOnlyDictionary<string, NDArray> state);

    /// <summary>
    /// Whether the averages of an optimizer with <c>useEma</c> stand in the place of the weights, and these wait; every bit comes
    /// back. A step of training puts the weights back first.
    /// </summary>
    /// <exception cref="InvalidOperationException">Setting it, where the optimizer has no averages.</exception>
    bool ShowsAverages { get; set; }

    /// <summary>Replaces the weights by their averages, at the end of a training with <c>useEma</c>.</summary>
    void TakeAverages();

    /// <summary>The first layer, or "the loss", whose output for these inputs isn't finite; null if all are. For messages.</summary>
    string? FirstNonFinite(Batch batch);
}
