using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary><c>weights path NAME</c>.</summary>
internal sealed class WeightsPathCommand : ToolCommand
{
    private readonly Argument<string> _name = new("NAME") { Description = "A name that 'weights list' shows" };
    private readonly CacheOptions _cache = new();

    public WeightsPathCommand()
        : base("path", "Prints where pretrained weights are that are here already.")
    {
        Add(_name);
        _cache.AddTo(this);
    }

    public override IReadOnlyList<string> Examples => ["vggtransfer weights path vgg16-imagenet-conv"];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string name = parsed.GetRequiredValue(_name);
        string path = CachedWeights.Locate(name, _cache.Read(parsed), cancellationToken);
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
}
