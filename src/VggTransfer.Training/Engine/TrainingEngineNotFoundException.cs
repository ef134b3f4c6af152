namespace VggTransfer.Training;

/// <summary>
/// The native library that computes (libtorch) wasn't found or couldn't be loaded. The message says what was searched and
/// what to do.
/// </summary>
public sealed class TrainingEngineNotFoundException : Exception
{
    /// <param name="message">What is wrong and what to do, in whole sentences.</param>
    /// <param name="innerException">What the system's loader said.</param>
    public TrainingEngineNotFoundException(string message, Exception? innerException = null)
        : base(message, innerException) { }
}
