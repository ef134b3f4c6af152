using System.Text.Json;
using VggTransfer.Keras.Schedules;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Keras;

/// <summary>Learning-rate schedules from the goldens' JSON: Keras's class and constructor arguments.</summary>
internal static class GoldenSchedules
{
    /// <param name="typeAndArgs">
    /// <c>{"type": "ExponentialDecay", "args": {...}}</c>, or the arguments beside the type.
    /// </param>
    public static LearningRateSchedule Create(JsonElement typeAndArgs)
    {
        string type = typeAndArgs.Text("type") ?? throw new InvalidDataException("A schedule has no type.");
        JsonElement args = typeAndArgs.Get("args") ?? typeAndArgs;
        return type switch
        {
            "ExponentialDecay" => new ExponentialDecay(Required(args, "initial_learning_rate"), Required(args, "decay_steps"), Required(args, "decay_rate"), Flag(args, "staircase")),
            "InverseTimeDecay" => new InverseTimeDecay(Required(args, "initial_learning_rate"), Required(args, "decay_steps"), Required(args, "decay_rate"), Flag(args, "staircase")),
            "PiecewiseConstantDecay" => new PiecewiseConstantDecay(
                [.. args.Numbers("boundaries").Select(boundary => (long)boundary)],
                [.. args.Numbers("values")]),
            "PolynomialDecay" => new PolynomialDecay(
                Required(args, "initial_learning_rate"),
                Required(args, "decay_steps"),
                args.Number("end_learning_rate") ?? 0.0001,
                args.Number("power") ?? 1,
                Flag(args, "cycle")),
            "CosineDecay" => new CosineDecay(
                Required(args, "initial_learning_rate"),
                Required(args, "decay_steps"),
                args.Number("alpha") ?? 0,
                args.Number("warmup_target"),
                args.Number("warmup_steps") ?? 0),
            "CosineDecayRestarts" => new CosineDecayRestarts(
                Required(args, "initial_learning_rate"),
                Required(args, "first_decay_steps"),
                args.Number("t_mul") ?? 2,
                args.Number("m_mul") ?? 1,
                args.Number("alpha") ?? 0),
            _ => throw new InvalidDataException($"The schedule '{type}' is unknown."),
        };
    }

    private static double Required(JsonElement args, string name) =>
        args.Number(name) ?? throw new InvalidDataException($"A schedule has no {name}.");

    private static bool Flag(JsonElement args, string name) => args.Get(name)?.GetBoolean() ?? false;
}
