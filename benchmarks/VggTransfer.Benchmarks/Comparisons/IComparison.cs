using VggTransfer.Benchmarks.Measuring;

namespace VggTransfer.Benchmarks.Comparisons;

/// <summary>A group of lines of the table.</summary>
internal interface IComparison
{
    /// <summary>What <c>--only</c> calls it.</summary>
    string Name { get; }

    /// <summary>Measures; lines come as they are ready.</summary>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    IEnumerable<Figure> Measure(ComparisonContext context, CancellationToken cancellationToken);
}
