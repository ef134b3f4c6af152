using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary><c>weights</c>: the commands on files of weights and on published weights.</summary>
internal sealed class WeightsCommand : ToolCommand
{
    public WeightsCommand()
        : base("weights", "Inspects, converts, compares and fetches weights.")
    {
        Add(new WeightsInspectCommand());
        Add(new WeightsConvertCommand());
        Add(new WeightsDiffCommand());
        Add(new WeightsListCommand());
        Add(new WeightsPullCommand());
        Add(new WeightsVerifyCommand());
        Add(new WeightsPathCommand());
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer weights inspect vgg16.pth",
        "vggtransfer weights convert vgg16.pth vgg16.safetensors --preprocessing torchvision",
        "vggtransfer weights list",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken) =>
        throw new UsageException($"weights needs one of its commands: {string.Join(", ", Subcommands.Select(command => command.Name))}.");
}
