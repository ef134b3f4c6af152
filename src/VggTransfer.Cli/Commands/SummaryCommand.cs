using System.CommandLine;
using System.Globalization;
using VggTransfer.Architectures;

namespace VggTransfer.Cli;

/// <summary><c>summary</c>: what a network looks like, and what it costs.</summary>
internal sealed class SummaryCommand : ToolCommand
{
    // Three 3x3 convolutions are what VGG16 stacks in block 3, after two pools.
    private const int ComparedLayers = 3;
    private const int ComparedBlock = 3;
    private const int ComparedStride = 4;

    private readonly ArchitectureOptions _architecture = new();
    private readonly Option<string?> _backbone = BackboneOptions.CreateBackbone();
    private readonly Option<string[]> _columns = ColumnsOption.Create();
    private readonly Option<bool> _compareStacks = new("--compare-stacks") { Description = "Set a stack of three 3x3 convolutions beside one of 7x7" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    public SummaryCommand()
        : base("summary", "Shows a network's layers, parameters, operations and receptive field.")
    {
        _backbone.Description = "A pretrained backbone's name, or a weights file of any format, to show instead of a configuration";
        _architecture.AddTo(this);
        Add(_backbone);
        Add(_columns);
        Add(_compareStacks);
        Add(_json);
        Validators.Add(result =>
        {
            if (result.GetResult(_backbone) is not null && _architecture.FirstGiven(result) is { } other)
            {
                result.AddError($"--backbone and {other} exclude each other: a file's architecture is what it is.");
            }
        });
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer summary",
        "vggtransfer summary --configuration vgg19 --columns receptive-field,multiply-adds",
        "vggtransfer summary --configuration A --batch-norm --width 0.25 --input-size 32 --classes 10 --dense-units 256",
        "vggtransfer summary --backbone vgg16-imagenet-conv",
        "vggtransfer summary --compare-stacks",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        VggArchitecture architecture = ArchitectureOf(parsed);
        StackComparison? comparison = parsed.GetValue(_compareStacks)
            ? new StackComparison(ComparedLayers, architecture.BlockWidth(ComparedBlock), architecture.InputSize / ComparedStride)
            : null;
        if (parsed.GetValue(_json))
        {
            Screen.WriteJson(SummaryReport.ToJson(architecture, comparison));
            return ExitCode.Done;
        }

        Console.Out.Write(ArchitectureSummary.ToText(architecture, ColumnsOption.Apply(parsed.GetValue(_columns) ?? [])));
        Console.Out.WriteLine();
        SummaryReport.WriteTotals(architecture, Console.Out);
        if (comparison is not null)
        {
            Console.Out.WriteLine();
            Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Three 3x3 convolutions against one 7x7, {comparison.Stack.Channels} channels in and out, biases left out:"));
            Console.Out.Write(comparison.ToText());
        }

        return ExitCode.Done;
    }

    private VggArchitecture ArchitectureOf(ParseResult parsed)
    {
        if (parsed.GetValue(_backbone) is not { } name)
        {
            return _architecture.Read(parsed);
        }

        using BackboneChoice backbone = BackboneChoice.Open(name);
        return backbone.Model.Architecture;
    }
}
