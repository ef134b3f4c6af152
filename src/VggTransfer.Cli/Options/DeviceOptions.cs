using System.CommandLine;
using VggTransfer.Training;

namespace VggTransfer.Cli;

/// <summary>Where a training computes, and in which type.</summary>
/// <param name="defaultPrecision">What help says of the type that is taken unless one is given.</param>
internal sealed class DeviceOptions(string defaultPrecision)
{
    private readonly Option<string> _device = new("--device") { Description = "auto (a GPU if there is one), cpu, cuda, cuda:1, mps", HelpName = "NAME", DefaultValueFactory = _ => "auto" };
    private readonly Option<Precision?> _precision = ValueOption.OneOf("--precision", $"The type of the computation; bfloat16 is faster where processor or GPU have it [default: {defaultPrecision}]", new Dictionary<string, Precision>(StringComparer.Ordinal)
    {
        ["float32"] = Precision.Float32,
        ["bfloat16"] = Precision.BFloat16,
    });

    private readonly Option<int> _threads = ValueOption.Integer("--threads", "Threads of the computation", OptionRange.Of<ExecutionOptions>(nameof(ExecutionOptions.Threads)), Math.Min(Environment.ProcessorCount, (int)OptionRange.Of<ExecutionOptions>(nameof(ExecutionOptions.Threads)).Maximum));

    public void AddTo(Command command)
    {
        command.Add(_device);
        command.Add(_precision);
        command.Add(_threads);
    }

    public string DeviceOf(ParseResult parsed) => parsed.GetRequiredValue(_device);

    /// <summary>The type that was given; null for the default.</summary>
    public Precision? PrecisionOf(ParseResult parsed) => parsed.GetValue(_precision);

    public int ThreadsOf(ParseResult parsed) => parsed.GetValue(_threads);
}
