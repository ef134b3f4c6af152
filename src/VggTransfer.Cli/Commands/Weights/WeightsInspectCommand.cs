using System.CommandLine;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary><c>weights inspect FILE</c>.</summary>
internal sealed class WeightsInspectCommand : ToolCommand
{
    private readonly Argument<string> _file = new("FILE") { Description = "A file of weights of any format, or a name that 'weights list' shows" };
    private readonly WeightsReadingOptions _reading = new();
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    public WeightsInspectCommand()
        : base("inspect", "Shows what a file of weights holds: network, tensors and their numbers, preprocessing, hashes.")
    {
        Add(_file);
        _reading.AddTo(this);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer weights inspect vgg16.pth",
        "vggtransfer weights inspect vgg16_weights.h5 --json",
        "vggtransfer weights inspect vgg16-imagenet-conv",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string path = BackboneChoice.Locate(parsed.GetRequiredValue(_file));
        using WeightsContent content = _reading.Read(parsed, path);

        // A TensorFlow checkpoint is several files, and there is no telling which one's hash somebody would want.
        FileHashes? hashes = File.Exists(path) ? FileHashes.OfAsync(path, cancellationToken: cancellationToken).GetAwaiter().GetResult() : null;
        var report = new InspectReport(path, content, hashes, cancellationToken);
        if (parsed.GetValue(_json))
        {
            Screen.WriteJson(report.ToJson());
        }
        else
        {
            report.Write(screen);
        }

        return ExitCode.Done;
    }
}
