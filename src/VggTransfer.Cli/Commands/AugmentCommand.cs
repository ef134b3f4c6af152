using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Architectures;
using VggTransfer.Augmentation;
using VggTransfer.Datasets;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Keras.Data;

namespace VggTransfer.Cli;

/// <summary><c>augment FOLDER --output FILE</c>.</summary>
internal sealed class AugmentCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images, at any depth" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The picture to write: .png or .jpg", HelpName = "FILE", Required = true };
    private readonly Option<int> _count = ValueOption.Integer("--count", "Photos, chosen at random", new OptionRange(1, 100), 8);
    private readonly Option<int> _variants = ValueOption.Integer("--variants", "Changed versions of each", new OptionRange(1, 50), 6);
    private readonly Option<int> _size = ValueOption.Integer("--size", "Side of the network's input in pixels", new OptionRange(VggArchitecture.SmallestInput, 1024), new VggArchitecture().InputSize);
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
        LabeledImage[] images = Choose(folder, parsed.GetValue(_count), seed, cancellationToken);
        string[] classes = [.. images.Select(image => image.Label).Distinct().Order(StringComparer.Ordinal)];

        (PhotoImages photos, IReadOnlyList<SkippedImage> skipped) = screen.Watch(progress => PhotoImages.Load(
            images, classes, size, parsed.GetValue(_orientation) ?? ImageOrientation.Upright, long.MaxValue, done => progress.Report("Decoding images", done, images.Length, "images"), cancellationToken));
        if (parsed.GetValue(_strict) && skipped.Count > 0)
        {
            throw new IOException(skipped[0].Reason);
        }

        if (photos.Count == 0)
        {
            throw new InvalidImageFolderException(folder, $"none of the {images.Length} images chosen can be read; the first: {skipped[0].Reason.TrimEnd('.')}");
        }

        // All photos are one batch, so that each pass is one variant of all.
        Dataset changed = photos.Augmented(augmentation, size, photos.Count, seed).MixUpOrCutMix(_augmentation.MixUp(parsed), _augmentation.CutMix(parsed), seed);
        ContactSheet.Write(
            fullOutput,
            [photos.Plain(size, photos.Count).Read(0, 0, cancellationToken).Single().X, .. Enumerable.Range(0, variants).Select(pass => changed.Read(pass, 0, cancellationToken).Single().X)],
            [.. photos.Images.Select(image => image.Label.Length > 0 ? image.Label : Path.GetFileName(image.Path))]);

        SkippedImages.Warn(screen, skipped, []);
        if (parsed.GetValue(_json))
        {
            Screen.WriteJson(new
            {
                Output = output,
                Photos = photos.Images.Select(image => new { image.Path, image.Label }),
                Variants = variants,
                Size = size,
                Seed = seed,
                Augmentation = augmentation,
                MixUp = _augmentation.MixUp(parsed),
                CutMix = _augmentation.CutMix(parsed),
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

    /// <summary>Some images of a folder, in ordinal order of their paths; an image's class is the subfolder that it lies in.</summary>
    private static LabeledImage[] Choose(string folder, int count, int seed, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> paths = ImageFolder.ListImages(folder, cancellationToken);
        int[] order = new SampleRandom((ulong)seed).Permutation(paths.Count);
        return [.. order.Take(count).Order().Select(i => new LabeledImage(paths[i], FeatureRow.Create(folder, paths[i], []).Label))];
    }
}
