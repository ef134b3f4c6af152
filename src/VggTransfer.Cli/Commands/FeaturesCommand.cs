using System.CommandLine;
using System.Diagnostics;
using System.Runtime.ExceptionServices;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.Cli.Backbones;
using VggTransfer.Cli.FeatureFiles;
using VggTransfer.Cli.Files;
using VggTransfer.Cli.Options;
using VggTransfer.Cli.Progress;
using VggTransfer.Cli.Reports;
using VggTransfer.Cli.Terminal;
using VggTransfer.Datasets;
using VggTransfer.FeatureCaching;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;

namespace VggTransfer.Cli.Commands;

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
        using var extractor = new CachedFeatureExtractor(new VggBackbone(backbone.Model), new FeatureExtractorOptions
        {
            Layer = parsed.GetValue(_image.Layer),
            InputSize = parsed.GetValue(_image.InputSize),
            Resize = resize,
            Decoding = new ImageDecodeOptions { Orientation = _image.OrientationOf(parsed), Scale = DecodeScale.Fast },
            BatchSize = parsed.GetValue(_run.BatchSize),
            Threads = threads,
            Precision = precision,
            Parallelism = FeatureParallelism.Images,
        }, _featureCache.Read(parsed));

        screen.Announce(backbone.Describe(threads));
        foreach (string note in backbone.Notes)
        {
            screen.Announce(note);
        }

        var skipped = new List<SkippedImage>();
        bool strict = parsed.GetValue(_run.Strict);
        CachedFeatures extraction = extractor.Extract(paths, cancellationToken);
        int rows = screen.Watch(progress => FeatureFile.Write(fullOutput, extractor.Dimension, writer =>
            Extract(extraction, folder, writer, strict, skipped, progress)));
        SkippedImages.Warn(screen, skipped, extractor.Warning is { } warning ? [warning] : []);
        if (parsed.GetValue(_run.Json))
        {
            Screen.WriteJson(new
            {
                Output = output,
                Rows = rows,
                extractor.Dimension,
                Backbone = backbone.Name,
                Layer = extractor.Layer.ToString(),
                extractor.InputSize,
                Resize = resize.Id,
                Orientation = _image.OrientationOf(parsed),
                Precision = PrecisionOption.NameOf(precision),
                Skipped = skipped,
                extraction.FromCache,
                Seconds = Math.Round(clock.Elapsed.TotalSeconds, 3),
            });
        }
        else
        {
            Console.Out.WriteLine($"{rows} rows of {extractor.Dimension} features ({extractor.Layer}, input size {extractor.InputSize}) are in {PrintableText.Of(output)}.");
            Console.Out.WriteLine($"{SkippedImages.Count(rows, skipped.Count)}{CachedImages.Describe(extraction.FromCache)}, in {clock.Elapsed.TotalSeconds:0.0} s.");
        }

        return ExitCode.Done;
    }

    private static int Extract(
        CachedFeatures extraction, string folder, IFeatureWriter writer, bool strict, List<SkippedImage> skipped, IWorkProgress progress)
    {
        int rows = 0;
        string stage = extraction.FromCache == 0 ? "Extracting features" : $"Extracting features, {extraction.FromCache} of {extraction.Count} from the cache";
        progress.Report(stage, 0, extraction.Count, "images");
        foreach (ImageFeatures features in extraction.Results)
        {
            if (features.Values is not null)
            {
                writer.Add(FeatureRow.Create(folder, features.Name, features.Values));
                rows++;
            }
            else if (strict)
            {
                ExceptionDispatchInfo.Throw(features.Error!);
            }
            else
            {
                skipped.Add(new SkippedImage(features.Name, features.Error!.Message));
            }

            progress.Report(stage, rows + skipped.Count, extraction.Count, "images");
        }

        return rows > 0
            ? rows
            : throw new InvalidImageFolderException(folder, $"none of its {extraction.Count} images can be read; the first: {skipped[0].Reason.TrimEnd('.')}");
    }
}
