using VggTransfer.Benchmarks.Comparisons;
using VggTransfer.Benchmarks.Material;
using VggTransfer.Benchmarks.Measuring;

namespace VggTransfer.Benchmarks.ColdStart;

/// <summary>
/// From the start of a process to its end after one prediction, and its peak of memory: <c>vggtransfer predict</c> beside ML.NET
/// with the same model file in single precision. Files are in the system's cache, as they are after the first round.
/// </summary>
internal sealed class ColdStartComparison : IComparison
{
    private const string MlNet = "ML.NET";
    private const string Float32 = "fp32";
    private const string Int8 = "int8";

    public string Name => "cold-start";

    public IEnumerable<Figure> Measure(ComparisonContext context, CancellationToken cancellationToken) =>
    [
        .. Measure(context.FullSize(cancellationToken), "", context, cancellationToken),
        .. Measure(context.Embedded(cancellationToken), "_block5", context, cancellationToken),
    ];

    private static IEnumerable<Figure> Measure(BenchmarkNetwork network, string suffix, ComparisonContext context, CancellationToken cancellationToken)
    {
        (string single, string quantised) = ColdStartModels.Write(network, context.WorkFolder);
        string photo = context.Photos.Paths[0];
        var peaks = new Dictionary<string, List<double>> { [MlNet] = [], [Float32] = [], [Int8] = [] };
        FirstPrediction.OfTool(quantised, photo);

        // ML.NET alone takes half a minute for the large one.
        int rounds = context.Effort.IsQuick ? 1 : context.Effort.Rounds;
        Rounds times = Rounds.Measure(
            [
                Contender(Int8, () => FirstPrediction.OfTool(quantised, photo)),
                Contender(Float32, () => FirstPrediction.OfTool(single, photo)),
                Contender(MlNet, () => MlNetPredictCommand.Measure(single, photo)),
            ], rounds, cancellationToken);
        File.Delete(single);
        File.Delete(quantised);
        foreach (string precision in (string[])[Int8, Float32])
        {
            foreach (Figure figure in times.Compare($"cold_start{suffix}_{precision}_s", $"{network.Layer}, process to prediction, {precision} / ML.NET", precision, MlNet, Unit.Seconds))
            {
                yield return figure;
            }

            yield return Figure.Compare($"predict{suffix}_{precision}_peak_mb", $"{network.Layer}, peak of memory, {precision} / ML.NET", peaks[precision], peaks[MlNet], Unit.Megabytes);
        }

        Contender Contender(string name, Func<FirstPrediction> run) => new(name, () =>
        {
            FirstPrediction prediction = run();
            peaks[name].Add(prediction.PeakMegabytes);
            return prediction.Seconds;
        });
    }
}
