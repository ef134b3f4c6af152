namespace VggTransfer.Keras.Optimizers;

/// <summary>
/// How weights follow from gradients (keras/src/optimizers). An optimizer describes; the engine does. It belongs to one
/// model.
/// </summary>
public abstract class Optimizer
{
    private LearningRate _learningRate;

    /// <param name="learningRate">A number or a schedule.</param>
    protected Optimizer(LearningRate learningRate) => _learningRate = learningRate;

    /// <summary>The number of updates done.</summary>
    public long Iterations { get; internal set; }

    /// <summary>Whether the rate follows a schedule, and so can't be set.</summary>
    public bool HasSchedule => _learningRate.Schedule is not null;

    /// <summary>The rate of the next update. Setting it keeps 4-byte precision, as Keras does.</summary>
    /// <exception cref="InvalidOperationException">Setting it, where there is a schedule.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Setting it to less than 0, or to no number.</exception>
    public double LearningRate
    {
        get => _learningRate.At(Iterations);
        set
        {
            if (HasSchedule)
            {
                throw new InvalidOperationException("This optimizer's learning rate follows a schedule and can't be set; give the optimizer a number instead.");
            }

            _learningRate = value;
        }
    }

    /// <summary>Keras's name of it: <c>SGD</c>.</summary>
    public virtual string Name => GetType().Name;
}
