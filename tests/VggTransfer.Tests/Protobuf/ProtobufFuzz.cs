using System.Diagnostics;
using System.Globalization;
using VggTransfer.Models;

namespace VggTransfer.Tests.Protobuf;

/// <summary>Reads mutations of sound files, the same in every run; VGGTRANSFER_FUZZ sets another number of them.</summary>
internal static class ProtobufFuzz
{
    private const int Inputs = 6_000;
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>Whatever the bytes, reading must end soon, in a model or in our exception with one sentence.</summary>
    public static void Run(ProtobufMutation[] seeds, Func<byte[], WeightsContent> read)
    {
        int inputs = int.TryParse(Environment.GetEnvironmentVariable("VGGTRANSFER_FUZZ"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Inputs;
        var random = new Random(20240817);
        (int models, TimeSpan slowest) = (0, TimeSpan.Zero);
        var reasons = new HashSet<string>(StringComparer.Ordinal);
        long before = GC.GetTotalAllocatedBytes();
        for (int input = 0; input < inputs; input++)
        {
            byte[] bytes = seeds[input % seeds.Length].Next(random);
            long start = Stopwatch.GetTimestamp();
            try
            {
                using WeightsContent content = read(bytes);
                _ = content.Model.Tensors.Values.Sum(tensor => tensor.ToSingles().Length);
                Assert.All(content.Notes, note => Assert.EndsWith(".", note, StringComparison.Ordinal));
                models++;
            }
            catch (InvalidModelFileException exception)
            {
                Assert.DoesNotContain('\n', exception.Message);
                Assert.True(exception.Message.Length < 2_500, exception.Message);
                reasons.Add(string.Concat(exception.Reason.Where(char.IsAsciiLetter)));
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"input {input}: {exception}");
            }

            TimeSpan taken = Stopwatch.GetElapsedTime(start);
            slowest = taken > slowest ? taken : slowest;
        }

        TestContext.Current.SendDiagnosticMessage($"{inputs} inputs, {models} models, {reasons.Count} reasons, slowest {slowest.TotalMilliseconds:0} ms, {(GC.GetTotalAllocatedBytes() - before) / inputs:N0} bytes allocated for each");
        Assert.True(slowest < s_limit, $"the slowest input took {slowest}");

        // Mutations of weights and names leave a sound file: both outcomes must occur.
        Assert.InRange(models, inputs / 200, inputs * 9 / 10);
    }
}
