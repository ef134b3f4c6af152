using VggTransfer.Keras.Data;

namespace VggTransfer.Keras.Initializers;

/// <summary>
/// Random numbers whose variance is a factor divided by the weight's fan: what all of Glorot's, He's and LeCun's
/// initializers are (keras/src/initializers/initializers.py).
/// </summary>
public class VarianceScaling : SeededInitializer
{
    /// <summary>
    /// The standard deviation of a standard normal distribution that is cut off at -2 and 2 (Keras's constant, from
    /// scipy.stats.truncnorm).
    /// </summary>
    private const double TruncatedDeviation = 0.87962566103423978;

    /// <param name="scale">The factor, above 0.</param>
    /// <param name="mode"><c>fan_in</c>, <c>fan_out</c> or <c>fan_avg</c>, the mean of both.</param>
    /// <param name="distribution"><c>truncated_normal</c>, <c>untruncated_normal</c> or <c>uniform</c>.</param>
    /// <param name="seed">What the values depend on; null for the model's seed.</param>
    /// <exception cref="ArgumentOutOfRangeException">The factor isn't above 0.</exception>
    /// <exception cref="ArgumentException">The mode or distribution is unknown.</exception>
    public VarianceScaling(double scale = 1, string mode = "fan_in", string distribution = "truncated_normal", int? seed = null)
        : base(seed)
    {
        Scale = double.IsFinite(scale) && scale > 0 ? scale : throw new ArgumentOutOfRangeException(nameof(scale), scale, "The scale must be above 0.");
        Mode = mode is "fan_in" or "fan_out" or "fan_avg"
            ? mode
            : throw new ArgumentException($"There is no mode '{mode}'; there are fan_in, fan_out and fan_avg.", nameof(mode));
        Distribution = distribution switch
        {
            "normal" => "truncated_normal", // Keras's older name
            "truncated_normal" or "untruncated_normal" or "uniform" => distribution,
            _ => throw new ArgumentException($"There is no distribution '{distribution}'; there are truncated_normal, untruncated_normal and uniform.", nameof(distribution)),
        };
    }

    /// <summary>The factor.</summary>
    internal double Scale { get; }

    internal string Mode { get; }

    internal string Distribution { get; }

    /// <inheritdoc/>
    public override NDArray Create(IReadOnlyList<int> shape, ulong seed)
    {
        var fans = Fans.Of(shape);
        double fan = Mode switch
        {
            "fan_in" => fans.In,
            "fan_out" => fans.Out,
            _ => (fans.In + fans.Out) / 2,
        };
        double variance = Scale / Math.Max(1, fan);
        switch (Distribution)
        {
            case "uniform":
                double limit = Math.Sqrt(3 * variance);
                return Filling.Uniform(shape, -limit, limit, Choose(seed));
            case "truncated_normal":
                return Filling.TruncatedNormal(shape, 0, Math.Sqrt(variance) / TruncatedDeviation, Choose(seed));
            default:
                return Filling.Normal(shape, 0, Math.Sqrt(variance), Choose(seed));
        }
    }
}
