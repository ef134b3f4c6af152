using System.CommandLine;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary>Which network to run, and what of its preprocessing its file doesn't say.</summary>
internal sealed class BackboneOptions
{
    public Option<string?> Backbone { get; } = CreateBackbone();

    public Option<PreprocessingFamily?> Preprocessing { get; } = PreprocessingOption.Create();

    public static Option<string?> CreateBackbone() => new("--backbone")
    {
        Description = $"A pretrained backbone's name ('weights list' has them), or a weights file of any format [default: full weights that were pulled, else {PretrainedBackbones.DefaultName}]",
        HelpName = "NAME|FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(Backbone);
        command.Add(Preprocessing);
    }

    public BackboneChoice Open(ParseResult parsed) => BackboneChoice.OpenToRun(parsed.GetValue(Backbone), parsed.GetValue(Preprocessing));
}
