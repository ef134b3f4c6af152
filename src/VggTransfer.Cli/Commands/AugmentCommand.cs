using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Augmentation;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;

namespace VggTransfer.Cli;

/// <summary><c>augment FOLDER --output FILE</c>.</summary>
internal sealed class AugmentCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images, at any depth" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The picture to write: .png or .jpg", HelpName = "FILE", Required = true };
    private readonly Option<int> _count = ValueOption.Integer("--count", "Photos, chosen at random", OptionRange.Of<ContactSheetOptions>(nameof(ContactSheetOptions.Photos)), new ContactSheetOptions().Photos);
    private readonly Option<int> _variants = ValueOption.Integer("--variants", "Changed versions of each", OptionRange.Of<ContactSheetOptions>(nameof(ContactSheetOptions.Variants)), new ContactSheetOptions().Variants);
    private readonly Option<int> _size = ValueOption.Integer("--size", "Side of the network's input in pixels", OptionRange.Of<ContactSheetOptions>(nameof(ContactSheetOptions.InputSize)), new ContactSheetOptions().InputSize);
    private readonly Option<int> _seed = ValueOption.Seed("Seed of the choice and of the changes");
    private readonly AugmentationOptions _augmentation = new(AugmentationPreset.Photo);
    private readonly Option<ImageOrientation?> _orientation = new ImageOptions().Orientation;
    private readonly Option<bool> _strict = new("--strict") { Description = "Fail at an image that can't be read, instead of skipping it" };
    private readonly Option<bool> _json = new("--json") { Description = "Print one JSON document on standard output" };

    public AugmentCommand()
        : base("augment", "Shows on one picture what training makes of photos.")
    {
        Add(_folder);
        Add(_output);
        Add(_count);
        Add(_variants);
        Add(_size);
        Add(_seed);
        _augmentation.AddTo(this);
        Add(_orientation);
        Add(_strict);
        Add(_json);
        _output.Validators.Add(TextRule.EndsIn("--output", ContactSheet.Extensions));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer augment photos --output sheet.png",
        "vggtransfer augment photos --output sheet.jpg --augment mirror --rotation 20 --brightness 0.3",
        "vggtransfer augment photos --output sheet.png --augment photo --no-flip --cutmix 1",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string output = parsed.GetRequiredValue(_output);
        string fullOutput = OutputFile.Check(output);
        string folder = parsed.GetRequiredValue(_folder);
        int seed = parsed.GetValue(_seed), size = parsed.GetValue(_size), variants = parsed.GetValue(_variants);
        PhotoAugmentation augmentation = _augmentation.Read(parsed);
        LabeledImage[] images = [.. ImageFolder.ListImages(folder, cancellationToken).Select(path => new LabeledImage(path, FeatureRow.Create(folder, path, []).Label))];
        var options = new ContactSheetOptions
        {
            Augmentation = augmentation,
            MixUp = _augmentation.MixUp(parsed),
            CutMix = _augmentation.CutMix(parsed),
            Photos = parsed.GetValue(_count),
            Variants = variants,
            InputSize = size,
            Seed = seed,
            Orientation = parsed.GetValue(_orientation) ?? ImageOrientation.Upright,
            Strict = parsed.GetValue(_strict),
        };
        (IReadOnlyList<LabeledImage> photos, IReadOnlyList<SkippedImage> skipped) = screen.Watch(progress => ContactSheet.Write(
            fullOutput, images, options, new SynchronousProgress<(int Done, int Total)>(step => progress.Report("Decoding images", step.Done, step.Total, "images")), cancellationToken));

        SkippedImages.Warn(screen, skipped, []);
        if (parsed.GetValue(_json))
        {
            Screen.WriteJson(new
            {
                Output = output,
                Photos = photos.Select(image => new { image.Path, image.Label }),
                Variants = variants,
                Size = size,
                Seed = seed,
                Augmentation = augmentation,
                options.MixUp,
                options.CutMix,
                Skipped = skipped,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
            });
        }
        else
        {
            Console.Out.WriteLine($"{(photos.Count == 1 ? "1 photo" : $"{photos.Count} photos")} and {(variants == 1 ? "1 changed version" : $"{variants} changed versions")} of each are in {PrintableText.Of(output)}.");
        }

        return ExitCode.Done;
    }
}
