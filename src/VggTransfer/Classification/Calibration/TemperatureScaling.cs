namespace VggTransfer.Classification;

/// <summary>
/// Makes probabilities mean what they say: logits are divided by one number, the temperature, that makes the true classes of
/// images the head hasn't seen most likely (Guo et al., "On Calibration of Modern Neural Networks", 2017, section 4.2). The
/// order of the classes stays, so accuracy does, too.
/// </summary>
internal static class TemperatureScaling
{
    /// <summary>
    /// Standard deviation of the logarithm of the temperature before any image is seen. Without it, a handful of images that are
    /// all right would give a temperature of 0, and certainty; with some hundred images it no longer counts.
    /// </summary>
    private const double PriorDeviation = 0.5;

    /// <summary>Temperatures from 1/e³ to e³.</summary>
    private const double Bound = 3;

    /// <param name="logits">For each image one of each class.</param>
    /// <param name="truth">For each image the index of its true class.</param>
    /// <returns>The temperature; above 1 where the head was too sure. 1 for no images.</returns>
    public static double Fit(IReadOnlyList<float[]> logits, IReadOnlyList<int> truth)
    {
        // In a = -ln(temperature) the slope of the loss crosses zero once.
        double low = -Bound, high = Bound;
        for (int step = 0; step < 50; step++)
        {
            double middle = (low + high) / 2;
            if (Slope(middle) < 0)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return Math.Exp(-(low + high) / 2);

        double Slope(double a)
        {
            double factor = Math.Exp(a), sum = 0;
            for (int i = 0; i < logits.Count; i++)
            {
                sum += ExpectedLogit(logits[i], factor) - logits[i][truth[i]];
            }

            return (factor * sum) + (a / (PriorDeviation * PriorDeviation));
        }
    }

    /// <summary>The mean of the logits under the probabilities that they give, once multiplied by a factor.</summary>
    private static double ExpectedLogit(float[] logits, double factor)
    {
        double largest = logits.Max(), weights = 0, sum = 0;
        foreach (float logit in logits)
        {
            double weight = Math.Exp(factor * (logit - largest));
            weights += weight;
            sum += weight * logit;
        }

        return sum / weights;
    }
}
