using System.Numerics.Tensors;

namespace VggTransfer.Models;

/// <summary>What the numbers of a tensor are like.</summary>
/// <param name="Minimum">The smallest.</param>
/// <param name="Maximum">The largest.</param>
/// <param name="Mean">Their mean.</param>
/// <param name="StandardDeviation">The square root of the mean squared distance from <paramref name="Mean"/>.</param>
public sealed record TensorStatistics(double Minimum, double Maximum, double Mean, double StandardDeviation)
{
    /// <summary>Reads all numbers once. A NaN among them makes all four NaN.</summary>
    /// <param name="tensor">The tensor.</param>
    public static TensorStatistics Of(ModelTensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        float minimum = float.PositiveInfinity;
        float maximum = float.NegativeInfinity;
        long count = 0;
        double mean = 0;
        double squares = 0;
        foreach (ReadOnlyMemory<float> piece in TensorPieces.Singles(tensor))
        {
            ReadOnlySpan<float> values = piece.Span;
            minimum = Math.Min(minimum, TensorPrimitives.Min(values));
            maximum = Math.Max(maximum, TensorPrimitives.Max(values));
            double pieceMean = 0;
            foreach (float value in values)
            {
                pieceMean += value;
            }

            pieceMean /= values.Length;
            double pieceSquares = 0;
            foreach (float value in values)
            {
                pieceSquares += (value - pieceMean) * (value - pieceMean);
            }

            // Chan, Golub and LeVeque (1979): two parts' sums of squared deviations make the whole's.
            double distance = pieceMean - mean;
            long whole = count + values.Length;
            squares += pieceSquares + (distance * distance * count * values.Length / whole);
            mean += distance * values.Length / whole;
            count = whole;
        }

        return new TensorStatistics(minimum, maximum, mean, Math.Sqrt(squares / count));
    }
}
