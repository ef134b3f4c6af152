namespace VggTransfer.Keras.Schedules;

/// <summary>A learning rate that follows from the number of updates done so far (keras/src/optimizers/schedules).</summary>
public abstract class LearningRateSchedule
{
    /// <summary>The rate of an update. Computed in 4-byte floating point, as Keras does.</summary>
    /// <param name="iteration">The number of updates before it: 0 for the first.</param>
    public abstract float At(long iteration);
}
