using System.CommandLine;
using VggTransfer.Classification;
using VggTransfer.Datasets;

namespace VggTransfer.Cli;

/// <summary>Which images judge a training.</summary>
internal sealed class ValidationOptions
{
    private readonly Option<double?> _fraction = ValueOption.OptionalNumber("--validation-fraction", $"Share of each class kept for validation [default: {ImageClassifierTrainerOptions.DefaultValidationFraction}]", OptionRange.Of<ImageClassifierTrainerOptions>(nameof(ImageClassifierTrainerOptions.ValidationFraction)));
    private readonly Option<string?> _folder = new("--validation") { Description = "A folder of images to validate on, instead of a part of FOLDER", HelpName = "FOLDER" };

    public void AddTo(Command command)
    {
        command.Add(_fraction);
        command.Add(_folder);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_folder) is not null && result.GetResult(_fraction) is not null)
            {
                result.AddError("--validation and --validation-fraction exclude each other: the images to validate on come from one folder or the other.");
            }
        });
    }

    public double Fraction(ParseResult parsed) => parsed.GetValue(_fraction) ?? ImageClassifierTrainerOptions.DefaultValidationFraction;

    /// <summary>The folder that was named; null to split.</summary>
    public ImageFolder? Open(ParseResult parsed, CancellationToken cancellationToken) =>
        parsed.GetValue(_folder) is { } path ? ImageFolder.Open(path, cancellationToken) : null;
}
