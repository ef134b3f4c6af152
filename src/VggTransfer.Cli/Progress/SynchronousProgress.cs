namespace VggTransfer.Cli;

/// <summary>Reports on the caller's thread; <see cref="Progress{T}"/> would let reports overtake each other.</summary>
internal sealed class SynchronousProgress<T>(Action<T> report) : IProgress<T>
{
    public void Report(T value) => report(value);
}
