using System.Globalization;
using System.Text.Json;
using VggTransfer.Keras.Schedules;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Keras;

/// <summary><c>schedules.json</c>: learning rates as functions of the number of updates.</summary>
public static class ScheduleParity
{
    // The goldens' README: 1 ulp of float32 for plain arithmetic, 4 where a cosine or a power is in it.
    private const int PlainUlps = 1;
    private const int TranscendentalUlps = 4;

    // Restarts are found by a float32 logarithm, which is rough far on.
    private const long RestartsRoughFrom = 1000;
    private const double RestartsRoughness = 1e-2;

    public static IEnumerable<ParityCase> Check(string folder) => KerasParity.WithFile(folder, "schedules.json", root =>
        root.GetProperty("schedules").EnumerateArray().Select(golden =>
        {
            string name = $"schedules.json {golden.Text("type")} {golden.Get("args")?.GetRawText().ReplaceLineEndings("").Replace("  ", "", StringComparison.Ordinal)}";
            return ParityCase.Run(name, () => Check(golden, name));
        }));

    private static ParityCase Check(JsonElement golden, string name)
    {
        LearningRateSchedule schedule = GoldenSchedules.Create(golden);
        long[] steps = [.. golden.Numbers("steps").Select(step => (long)step)];
        double[] rates = golden.Numbers("lr");
        if (rates.Length != steps.Length)
        {
            throw new InvalidDataException($"There are {steps.Length} steps and {rates.Length} rates.");
        }

        long worst = 0;
        var failures = new List<string>();
        for (int i = 0; i < steps.Length; i++)
        {
            float own = schedule.At(steps[i]);
            if (schedule is CosineDecayRestarts && steps[i] >= RestartsRoughFrom)
            {
                if (Math.Abs(own - rates[i]) > RestartsRoughness)
                {
                    failures.Add(Difference(steps[i], own, rates[i]));
                }

                continue;
            }

            long ulps = Ulps(own, (float)rates[i]);
            if (ulps > (IsPlain(schedule) ? PlainUlps : TranscendentalUlps) && !IsAtRestart(schedule, steps[i], own, rates[i]))
            {
                failures.Add(Difference(steps[i], own, rates[i]));
            }
            else
            {
                worst = Math.Max(worst, ulps);
            }
        }

        return failures.Count == 0
            ? new ParityCase(name, true, $"{steps.Length} steps, at most {worst} ulp")
            : new ParityCase(name, false, string.Join("; ", failures.Take(3)));
    }

    private static bool IsPlain(LearningRateSchedule schedule) => schedule is PiecewiseConstantDecay or InverseTimeDecay;

    /// <summary>Whether the step is a restart that the two find on either side of it: one is at the top, the other at the bottom.</summary>
    private static bool IsAtRestart(LearningRateSchedule schedule, long step, float own, double keras) =>
        schedule is CosineDecayRestarts
        && step > 0
        && !Near(own, keras)
        && (Near(own, schedule.At(step + 1)) ? Near(keras, schedule.At(step - 1)) : Near(keras, schedule.At(step + 1)));

    private static bool Near(double one, double other) => Math.Abs(one - other) < RestartsRoughness;

    private static long Ulps(float one, float other) => float.IsNaN(one) && float.IsNaN(other) ? 0 : Math.Abs((long)Ordinal(one) - Ordinal(other));

    /// <summary>A float's place among all floats.</summary>
    private static int Ordinal(float value)
    {
        int bits = BitConverter.SingleToInt32Bits(value);
        return bits >= 0 ? bits : int.MinValue - bits;
    }

    private static string Difference(long step, float own, double keras) =>
        string.Create(CultureInfo.InvariantCulture, $"at step {step} {own:R}, Keras {(float)keras:R}");
}
