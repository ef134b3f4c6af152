using System.Globalization;
using VggTransfer.Models;

namespace VggTransfer.MakePretrained;

/// <summary>How far the weights of a model moved when they were rounded to another storage type.</summary>
internal sealed record RoundingReport
{
    // The smallest normal half; below it, precision is lost bit by bit (IEEE 754 binary16).
    private const double SmallestNormalHalf = 6.103515625e-5;

    public required long Count { get; init; }

    public required double RelativeNorm { get; init; }

    public required double WorstTensorNorm { get; init; }

    public required double WorstNormalRelative { get; init; }

    public required double WorstAbsolute { get; init; }

    public required double LargestMagnitude { get; init; }

    public required long Subnormal { get; init; }

    public required long BecameZero { get; init; }

    public static RoundingReport Compare(VggModel exact, VggModel rounded)
    {
        double errorSum = 0, squareSum = 0, worstTensor = 0, worstNormal = 0, worstAbsolute = 0, largest = 0;
        long subnormal = 0, zero = 0, count = 0;
        foreach ((string name, ModelTensor tensor) in exact.Tensors)
        {
            float[] before = tensor.ToSingles();
            float[] after = rounded.Tensors[name].ToSingles();
            double tensorError = 0, tensorSquare = 0;
            for (int i = 0; i < before.Length; i++)
            {
                double magnitude = Math.Abs((double)before[i]);
                double error = Math.Abs((double)after[i] - before[i]);
                tensorError += error * error;
                tensorSquare += magnitude * magnitude;
                worstAbsolute = Math.Max(worstAbsolute, error);
                largest = Math.Max(largest, magnitude);
                if (magnitude >= SmallestNormalHalf)
                {
                    worstNormal = Math.Max(worstNormal, error / magnitude);
                }
                else if (magnitude > 0)
                {
                    subnormal++;
                    zero += after[i] == 0 ? 1 : 0;
                }
            }

            count += before.Length;
            errorSum += tensorError;
            squareSum += tensorSquare;
            worstTensor = Math.Max(worstTensor, Math.Sqrt(tensorError / tensorSquare));
        }

        return new RoundingReport
        {
            Count = count,
            RelativeNorm = Math.Sqrt(errorSum / squareSum),
            WorstTensorNorm = worstTensor,
            WorstNormalRelative = worstNormal,
            WorstAbsolute = worstAbsolute,
            LargestMagnitude = largest,
            Subnormal = subnormal,
            BecameZero = zero,
        };
    }

    public string ToText() => string.Create(CultureInfo.InvariantCulture, $"""
        weights                                  {Count:N0}
        relative error (L2), all                 {RelativeNorm:E2}
        relative error (L2), worst tensor        {WorstTensorNorm:E2}
        largest relative error of a normal half  {WorstNormalRelative:E2}
        largest absolute error                   {WorstAbsolute:E2}
        largest weight                           {LargestMagnitude:G6} (halves reach 65504)
        below the smallest normal half           {Subnormal:N0} ({100.0 * Subnormal / Count:0.00} %)
        of these, rounded to zero                {BecameZero:N0}
        """);
}
