using System.CommandLine;
using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Benchmarks.Measuring;

namespace VggTransfer.Benchmarks.Limits;

/// <summary><c>peak</c>: what the processor could do at the most, and how many images a second that is by direct convolution.</summary>
internal static class PeakCommand
{
    // 8-bit integers in a vector as wide do four times the work: VPDPBUSD (Intel, AVX512_VNNI and AVX-VNNI) multiplies and adds four
    // pairs where VFMADD has one, and is issued as often. .NET has no intrinsic of its 512 bits, so it isn't measured here.
    private const int IntegersForASingle = 4;

    public static Command Create()
    {
        var threads = new Option<int>("--threads") { Description = "Threads, 1 to 1024; by default one for each processor.", DefaultValueFactory = _ => Environment.ProcessorCount };
        threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1024)
            {
                result.AddError("--threads must be 1 to 1024.");
            }
        });
        var command = new Command("peak", "Measures multiply-accumulates a second in single precision, and prints how many images a second VGG16 can reach by direct convolution.") { threads };
        command.SetAction(result =>
        {
            foreach (string line in Machine.Describe().Take(2))
            {
                Console.WriteLine(line);
            }

            int count = result.GetValue(threads);
            MultiplyAddPeak.Measure(count, TimeSpan.FromSeconds(1));
            double peak = MultiplyAddPeak.Measure(count, TimeSpan.FromSeconds(5));
            var vgg16 = new VggArchitecture { Configuration = VggConfiguration.D };
            Print($"{count} threads, {MultiplyAddPeak.Width} singles in a vector: {peak / 1e9:F1} GMAC/s in single precision, {peak / count / 1e9:F1} a thread; with VNNI {IntegersForASingle} times as many in 8-bit integers");
            foreach ((string name, VggLayer[] layers) in new[]
            {
                ("fc7", vgg16.Layers.TakeWhile(layer => layer.Name != "predictions").ToArray()),
                ("block5_pool", vgg16.Layers.Where(layer => layer.Kind == VggLayerKind.Convolution).ToArray()),
            })
            {
                long work = layers.Sum(layer => layer.MultiplyAdds);
                Print($"VGG16 to {name} at {vgg16.InputSize} x {vgg16.InputSize}: {work / 1e9:F2} GMAC an image, at the most {peak / work:F1} images/s in single precision, {IntegersForASingle * peak / work:F1} in 8-bit integers");
            }
        });
        return command;
    }

    private static void Print(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
