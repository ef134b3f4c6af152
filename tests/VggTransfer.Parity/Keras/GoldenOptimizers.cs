using System.Text.Json;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Parity.Images;
using Legacy = VggTransfer.Keras.Optimizers.Legacy;

namespace VggTransfer.Parity.Keras;

/// <summary>Optimizers from the goldens' JSON: Keras's class and the arguments that differ from its defaults.</summary>
internal static class GoldenOptimizers
{
    private static readonly string[] s_known =
    [
        "momentum", "nesterov", "beta_1", "beta_2", "epsilon", "amsgrad", "rho", "centered", "initial_accumulator_value", "weight_decay", "clipnorm", "clipvalue",
        "global_clipnorm", "use_ema", "ema_momentum", "ema_overwrite_frequency", "decay",
    ];

    /// <param name="name">Keras's class, with <c>legacy.</c> before it for the old ones.</param>
    /// <param name="rate">The learning rate or schedule.</param>
    /// <param name="args">Constructor arguments in Keras's names.</param>
    /// <exception cref="InvalidDataException">The class or an argument is unknown.</exception>
    public static Optimizer Create(string name, LearningRate rate, JsonElement args)
    {
        foreach (JsonProperty property in args.EnumerateObject())
        {
            if (!s_known.Contains(property.Name))
            {
                throw new InvalidDataException($"The optimizer argument '{property.Name}' is unknown.");
            }
        }

        double? decay = args.Number("weight_decay"), norm = args.Number("clipnorm"), value = args.Number("clipvalue"), together = args.Number("global_clipnorm");
        bool ema = Flag(args, "use_ema") ?? false;
        double emaMomentum = args.Number("ema_momentum") ?? 0.99;
        int? frequency = (int?)args.Number("ema_overwrite_frequency");
        double momentum = args.Number("momentum") ?? 0;
        bool nesterov = Flag(args, "nesterov") ?? false, amsgrad = Flag(args, "amsgrad") ?? false, centered = Flag(args, "centered") ?? false;
        double beta1 = args.Number("beta_1") ?? 0.9, beta2 = args.Number("beta_2") ?? 0.999, epsilon = args.Number("epsilon") ?? 1e-7, rho = args.Number("rho") ?? 0.9;
        double initial = args.Number("initial_accumulator_value") ?? 0.1, rateDecay = args.Number("decay") ?? 0;
        return name switch
        {
            "SGD" => new SGD(rate, momentum, nesterov, decay, norm, value, together, ema, emaMomentum, frequency),
            "Adam" => new Adam(rate, beta1, beta2, epsilon, amsgrad, decay, norm, value, together, ema, emaMomentum, frequency),
            "AdamW" => new AdamW(rate, decay ?? 0.004, beta1, beta2, epsilon, amsgrad, norm, value, together, ema, emaMomentum, frequency),
            "RMSprop" => new RMSprop(rate, rho, momentum, epsilon, centered, decay, norm, value, together, ema, emaMomentum, args.TryGetProperty("ema_overwrite_frequency", out _) ? frequency : 100),
            "Adagrad" => new Adagrad(rate, initial, epsilon, decay, norm, value, together, ema, emaMomentum, frequency),
            "legacy.SGD" => new Legacy.SGD(rate, momentum, nesterov, rateDecay, norm, value, together),
            "legacy.Adam" => new Legacy.Adam(rate, beta1, beta2, epsilon, amsgrad, rateDecay, norm, value, together),
            "legacy.RMSprop" => new Legacy.RMSprop(rate, rho, momentum, epsilon, centered, rateDecay, norm, value, together),
            "legacy.Adagrad" => new Legacy.Adagrad(rate, initial, epsilon, rateDecay, norm, value, together),
            _ => throw new InvalidDataException($"The optimizer '{name}' is unknown."),
        };
    }

    private static bool? Flag(JsonElement args, string name) => args.Get(name)?.GetBoolean();
}
