using System.CommandLine;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary><c>weights pull NAME</c>.</summary>
internal sealed class WeightsPullCommand : ToolCommand
{
    private const long Megabyte = 1_000_000;

    private readonly Argument<string> _name = new("NAME") { Description = "A name that 'weights list' shows" };
    private readonly Option<Uri?> _mirror = ValueOption.Written("--mirror", $"A base address that has the files [default: {PretrainedOptions.MirrorVariable}, or where they are published]", "ADDRESS", text => new Uri(text, UriKind.Absolute));
    private readonly CacheOptions _cache = new();

    public WeightsPullCommand()
        : base("pull", "Fetches published weights into the cache, checks and converts them; prints the path of the result.")
    {
        Add(_name);
        Add(_mirror);
        _cache.AddTo(this);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer weights pull vgg16-imagenet-keras",
        "vggtransfer weights pull vgg16-imagenet-torchvision --mirror https://mirror.example/weights/ --cache /data/weights",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string name = parsed.GetRequiredValue(_name);
        PretrainedOptions options = _cache.Read(parsed) with { Mirror = parsed.GetValue(_mirror) };
        string path = screen.Watch(progress => Pretrained.GetAsync(
            name, options, new SynchronousProgress<PretrainedProgress>(report => Show(report, progress)), cancellationToken).GetAwaiter().GetResult());
        if (parsed.GetValue(_cache.Json))
        {
            Screen.WriteJson(new { Name = name, Path = path, Bytes = new FileInfo(path).Length });
        }
        else
        {
            Console.Out.WriteLine(PrintableText.Of(path));
        }

        return ExitCode.Done;
    }

    private static void Show(PretrainedProgress report, IWorkProgress progress)
    {
        int done = (int)(report.Bytes / Megabyte);
        int total = (int)Math.Max(1, (report.TotalBytes ?? 0) / Megabyte);
        switch (report.Stage)
        {
            case PretrainedStage.Waiting:
                progress.Report("Waiting for another process that fetches the same file", 0, 1, "MB");
                break;
            case PretrainedStage.Downloading:
                progress.Report("Downloading", Math.Min(done, total), total, "MB");
                break;
            case PretrainedStage.Retrying:
                progress.Report($"Trying again: {report.Message}", 0, 1, "MB");
                break;
            case PretrainedStage.Verifying:
                progress.Report("Comparing with the checksum", Math.Min(done, total), total, "MB");
                break;
            case PretrainedStage.Converting:
                progress.Report("Converting", 0, 1, "MB");
                break;
            default:
                break;
        }
    }
}
