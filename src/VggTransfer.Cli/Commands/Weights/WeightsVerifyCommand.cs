using System.CommandLine;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary><c>weights verify [NAME...]</c>.</summary>
internal sealed class WeightsVerifyCommand : ToolCommand
{
    private readonly Argument<string[]> _names = new("NAME") { Description = "Names that 'weights list' shows; none for all that are in the cache", Arity = ArgumentArity.ZeroOrMore };
    private readonly CacheOptions _cache = new();

    public WeightsVerifyCommand()
        : base("verify", "Compares what is in the cache with what was published; changes nothing.")
    {
        Add(_names);
        _cache.AddTo(this);
    }

    public override IReadOnlyList<string> Examples => ["vggtransfer weights verify", "vggtransfer weights verify vgg16-imagenet-keras"];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        PretrainedOptions options = _cache.Read(parsed);
        string[] names = parsed.GetValue(_names) is { Length: > 0 } given
            ? given
            : [.. Pretrained.List(options).Where(status => (status.ReadyPath ?? status.SourcePath) is not null).Select(status => status.Entry.Name)];
        PretrainedVerification[] results = [.. names.Select(name => Pretrained.VerifyAsync(name, options, cancellationToken: cancellationToken).GetAwaiter().GetResult())];
        bool isSound = results.All(result => result.Verdict is PretrainedVerdict.Sound or PretrainedVerdict.Unpublished);
        if (parsed.GetValue(_cache.Json))
        {
            Screen.WriteJson(new { Sound = isSound, Results = results.Select(result => new { result.Entry.Name, result.Verdict, result.Message, result.Sha256 }) });
        }
        else if (results.Length == 0)
        {
            Console.Out.WriteLine($"Nothing is in the cache '{PrintableText.Of(options.ResolveCacheFolder())}'.");
        }

        foreach (PretrainedVerification result in parsed.GetValue(_cache.Json) ? [] : results)
        {
            Console.Out.WriteLine(PrintableText.Of(result.Message));
        }

        return isSound ? ExitCode.Done : ExitCode.Failed;
    }
}
