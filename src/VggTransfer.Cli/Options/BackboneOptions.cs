using System.CommandLine;
using VggTransfer.Cli.Backbones;
using VggTransfer.Images;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli.Options;

/// <summary>Which network to run, and what of its preprocessing its file doesn't say.</summary>
internal sealed class BackboneOptions
{
    /// <summary>The families by the names of this command line.</summary>
    public static IReadOnlyDictionary<string, PreprocessingFamily> Families { get; } = new Dictionary<string, PreprocessingFamily>(StringComparer.Ordinal)
    {
        ["keras"] = PreprocessingFamily.KerasCaffe,
        ["torchvision"] = PreprocessingFamily.Torchvision,
        ["zero-to-one"] = PreprocessingFamily.ZeroToOne,
    };

    public Option<string?> Backbone { get; } = CreateBackbone();

    public Option<PreprocessingFamily?> Preprocessing { get; } = ValueOption.OneOf("--preprocessing", "How a weights file that doesn't say so itself wants its pixels", Families);

    public static Option<string?> CreateBackbone() => new("--backbone")
    {
        Description = $"A pretrained backbone's name, or a .safetensors file [default: {PretrainedBackbones.DefaultName}]",
        HelpName = "NAME|FILE",
    };

    /// <summary>A family by its name on this command line.</summary>
    public static string NameOf(PreprocessingFamily family) => Families.First(pair => pair.Value == family).Key;

    public void AddTo(Command command)
    {
        command.Add(Backbone);
        command.Add(Preprocessing);
    }

    public BackboneChoice Open(ParseResult parsed) => BackboneChoice.OpenToRun(parsed.GetValue(Backbone), parsed.GetValue(Preprocessing));
}
