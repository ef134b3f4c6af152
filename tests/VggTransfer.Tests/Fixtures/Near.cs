namespace VggTransfer.Tests.Fixtures;

/// <summary>Compares vectors of singles with a tolerance relative to the largest expected magnitude (or to 1, if that is more).</summary>
internal static class Near
{
    public static void Assert(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, double tolerance, string what = "vector")
    {
        Xunit.Assert.Equal(expected.Length, actual.Length);
        double scale = 1;
        foreach (float value in expected)
        {
            scale = Math.Max(scale, Math.Abs(value));
        }

        for (int i = 0; i < expected.Length; i++)
        {
            // Written so that a NaN fails.
            if (!(Math.Abs((double)expected[i] - actual[i]) <= tolerance * scale))
            {
                Xunit.Assert.Fail($"{what}[{i}] is {actual[i]:R} and should be {expected[i]:R}; {tolerance * scale:R} is allowed.");
            }
        }
    }
}
