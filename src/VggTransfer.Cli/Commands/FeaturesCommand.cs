using System.CommandLine;
using System.Diagnostics;
using VggTransfer.Backbones;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.Cli;

/// <summary><c>features FOLDER --output FILE</c>.</summary>
internal sealed class FeaturesCommand : ToolCommand
{
    private readonly Argument<string> _folder = new("FOLDER") { Description = "Images, at any depth" };
    private readonly Option<string> _output = new("--output", "-o") { Description = "The file to write: .csv, .npy or .parquet", HelpName = "FILE", Required = true };
    private readonly BackboneOptions _backbone = new();
    private readonly ImageOptions _image = new();
    private readonly Option<ResizeRecipe?> _resize = ValueOption.Written("--resize", $"How a photo becomes a square: {string.Join(", ", ResizeRecipe.All)} [default: {ResizeRecipe.MlNetCrop}]", "RECIPE", ResizeRecipe.Parse);
    private readonly Option<OnnxPrecision?> _precision = PrecisionOption.Create();
    private readonly FeatureCacheOption _featureCache = new();
    private readonly RunOptions _run = new();

    public FeaturesCommand()
        : base("features", "Writes the features of images to a file, one row for each image.")
    {
        Add(_folder);
        Add(_output);
        _backbone.AddTo(this);
        _image.AddTo(this);
        Add(_resize);
        Add(_precision);
        _featureCache.AddTo(this);
        _run.AddTo(this);
        _output.Validators.Add(TextRule.EndsIn("--output", FeatureFile.Extensions));
    }

    public override IReadOnlyList<string> Examples =>
    [
        "vggtransfer features photos --output features.csv",
        "vggtransfer features photos --output features.npy --layer block4_pool:avg+block5_pool:avg --input-size 160",
        "vggtransfer features photos --output features.parquet --resize shorter-side-crop --orientation as-stored",
    ];

    protected override int Run(ParseResult parsed, Screen screen, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        string output = parsed.GetRequiredValue(_output);
        string fullOutput = OutputFile.Check(output);
        string folder = parsed.GetRequiredValue(_folder);
        int threads = parsed.GetValue(_run.Threads);
        using BackboneChoice backbone = _backbone.Open(parsed);
        IReadOnlyList<string> paths = ImageFolder.ListImages(folder, cancellationToken);
        OnnxPrecision precision = parsed.GetValue(_precision) ?? OnnxPrecision.Float32;
        ResizeRecipe resize = parsed.GetValue(_resize) ?? ResizeRecipe.MlNetCrop;
        using var features = new FolderFeatures(new VggBackbone(backbone.Model), new FeatureExtractorOptions
        {
            Layer = parsed.GetValue(_image.Layer),
            InputSize = parsed.GetValue(_image.InputSize),
            Resize = resize,
            Decoding = new ImageDecodeOptions { Orientation = _image.OrientationOf(parsed), Scale = DecodeScale.Fast },
            BatchSize = parsed.GetValue(_run.BatchSize),
            Threads = threads,
            Precision = precision,
        }, _featureCache.Read(parsed))
        {
            Strict = parsed.GetValue(_run.Strict),
        };

        screen.Announce(backbone.Describe(threads));
        foreach (string note in backbone.Notes)
        {
            screen.Announce(note);
        }

        int rows = screen.Watch(progress => FeatureFile.Write(fullOutput, features.Dimension, writer => Write(features, paths, folder, writer, progress, cancellationToken)));
        SkippedImages.Warn(screen, features.Skipped, features.Warning is { } warning ? [warning] : []);
        if (parsed.GetValue(_run.Json))
        {
            Screen.WriteJson(new
            {
                Output = output,
                Rows = rows,
                features.Dimension,
                Backbone = backbone.Name,
                Layer = features.Layer.ToString(),
                features.InputSize,
                Resize = resize.Id,
                Orientation = _image.OrientationOf(parsed),
                Precision = PrecisionOption.NameOf(precision),
                features.Skipped,
                features.FromCache,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
            });
        }
        else
        {
            Console.Out.WriteLine($"{rows} rows of {features.Dimension} features ({features.Layer}, input size {features.InputSize}) are in {PrintableText.Of(output)}.");
            Console.Out.WriteLine($"{SkippedImages.Count(rows, features.Skipped.Count)}{CachedImages.Describe(features.FromCache)}, in {clock.Elapsed.TotalSeconds:0.0} s.");
        }

        return ExitCode.Done;
    }

    private static int Write(
        FolderFeatures features, IReadOnlyList<string> paths, string folder, IFeatureWriter writer, IWorkProgress progress, CancellationToken cancellationToken)
    {
        int rows = 0;
        var steps = new SynchronousProgress<(int Done, int Total)>(step => progress.Report(
            features.FromCache == 0 ? "Extracting features" : $"Extracting features, {features.FromCache} of {step.Total} from the cache", step.Done, step.Total, "images"));
        foreach ((int place, float[] values) in features.Extract(paths, steps, cancellationToken))
        {
            writer.Add(FeatureRow.Create(folder, paths[place], values));
            rows++;
        }

        return rows > 0
            ? rows
            : throw new InvalidImageFolderException(folder, $"none of its {paths.Count} images can be read; the first: {features.Skipped[0].Reason.TrimEnd('.')}");
    }
}
