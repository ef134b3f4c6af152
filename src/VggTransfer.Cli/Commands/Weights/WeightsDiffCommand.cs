using System.CommandLine;
using VggTransfer.Backbones;
using VggTransfer.Features;
using VggTransfer.Models;
using VggTransfer.Weights;

namespace VggTransfer.Cli;

/// <summary><c>weights diff A B</c>.</summary>
internal sealed class WeightsDiffCommand : ToolCommand
{
    private readonly Argument<string> _first = new("A") { Description = "A file of weights of any format, or a name that 'weights list' shows" };
    private readonly Argument<string> _second = new("B") { Description = "Another, of the same format or not" };
    private readonly Option<string?> _image = new("--image") { Description = "An image, to compare the features that both networks see in it", HelpName = "FILE" };
    private readonly WeightsReadingOptions _reading = new();
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    public WeightsDiffCommand()
        : base("diff", "Says how the weights of two files differ, layer by layer. Formats, and the types that numbers are stored in, don't count.")
    {
        Add(_first);
        Add(_second);
        Add(_image);
        _reading.AddTo(this);
        Add(_json);
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer weights diff vgg16.pth vgg16.safetensors",
        "vggtransfer weights diff vgg16-keras.h5 vgg16-torch.pth --image cat.jpg --preprocessing keras",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        string first = BackboneChoice.Locate(parsed.GetRequiredValue(_first));
        string second = BackboneChoice.Locate(parsed.GetRequiredValue(_second));
        using WeightsContent a = Open(parsed, first);
        using WeightsContent b = Open(parsed, second);
        string? image = parsed.GetValue(_image);
        if (image is not null)
        {
            RequirePreprocessing(a.Model, first);
            RequirePreprocessing(b.Model, second);
        }

        WeightsDifference difference = WeightsDifference.Between(a.Model, b.Model, cancellationToken);
        FeatureComparison? features = image is null ? null : FeatureComparison.Between(new VggBackbone(a.Model), new VggBackbone(b.Model), image);
        var report = new DiffReport(first, second, a, b, difference, image, features);
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

    private WeightsContent Open(ParseResult parsed, string path)
    {
        // One option speaks for both files; it can be meant for the silent one only.
        WeightsContent content = WeightsFile.Read(path);
        if (content.Model.Preprocessing is not null)
        {
            return content;
        }

        content.Dispose();
        return _reading.Read(parsed, path);
    }

    private static void RequirePreprocessing(VggModel model, string path)
    {
        if (model.Preprocessing is null)
        {
            throw new UsageException($"--preprocessing is needed with --image: {Path.GetFileName(path)} doesn't say how its weights want their pixels.");
        }
    }
}
