using System.Globalization;
using VggTransfer.Architectures;
using VggTransfer.Features;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Features;

/// <summary>Computes what the goldens hold, by one pass through the network for each photo and way of resizing.</summary>
internal sealed class FeatureChecks : IDisposable
{
    private const int InputSize = 224;

    private static readonly FeatureSource s_map = new("block5_pool");
    private static readonly FeatureSource s_average = s_map with { Pooling = FeaturePooling.Average };
    private static readonly FeatureSource s_maximum = s_map with { Pooling = FeaturePooling.Maximum };

    private readonly VggModel _model;
    private readonly FeatureGoldens _goldens;
    private readonly PhotoSource _photos;
    private readonly List<ParityCase> _cases;
    private readonly FeatureTolerance _tolerance;
    private readonly FeatureExtractor _extractor;

    public FeatureChecks(VggModel model, FeatureGoldens goldens, PhotoSource photos, List<ParityCase> cases)
    {
        _model = model;
        _goldens = goldens;
        _photos = photos;
        _cases = cases;
        _tolerance = FeatureTolerance.For(model);

        // A layer's mean is the mean of its channels' averages.
        IEnumerable<FeatureSource> inner = goldens.All.SelectMany(golden => golden.LayerMeans.Keys).Distinct().Where(IsLayer).Select(name => new FeatureSource(name, FeaturePooling.Average));
        _extractor = new FeatureExtractor(model, new FeatureExtractorOptions
        {
            Layer = new FeatureLayer([.. inner.Concat([s_average, s_maximum, s_map]).Distinct()]),
            InputSize = InputSize,
        });
    }

    public void Run(int largestCount)
    {
        foreach (IGrouping<string, FeatureGolden> photo in _goldens.All.GroupBy(golden => golden.Photo).Take(largestCount))
        {
            if (Decode(photo.Key) is not { } image)
            {
                continue;
            }

            foreach (FeatureGolden golden in photo)
            {
                if (Recipe(golden.Resizing) is { } recipe)
                {
                    _cases.AddRange(ParityCase.RunAll($"{golden.Photo}: {golden.Resizing}", () =>
                    {
                        Check(golden, recipe.Apply(image, InputSize));
                        return [];
                    }));
                }
                else
                {
                    Add(golden, "resizing", false, "is no way of resizing that this program knows");
                }
            }
        }
    }

    public void Dispose() => _extractor.Dispose();

    private RgbImage? Decode(string photo)
    {
        if (_photos.Find(photo) is not { } bytes)
        {
            _cases.Add(new ParityCase($"{photo}: decoded", false, "the photo was not found; name its zip file or folder with --photos"));
            return null;
        }

        try
        {
            // Keras doesn't apply the EXIF orientation.
            return ImageDecoder.Decode(bytes, photo, new ImageDecodeOptions { Orientation = ImageOrientation.AsStored });
        }
        catch (InvalidImageException error)
        {
            _cases.Add(new ParityCase($"{photo}: decoded", false, error.Message));
            return null;
        }
    }

    private static ResizeRecipe? Recipe(string resizing) => resizing switch
    {
        "load_img-nearest" => ResizeRecipe.Stretch(ResizeFilter.Nearest),
        "load_img-bilinear" => ResizeRecipe.Stretch(ResizeFilter.Bilinear),
        "resize256-crop224" => ResizeRecipe.ShorterSideCrop,
        _ => null,
    };

    private void Check(FeatureGolden golden, RgbImage input)
    {
        if (golden.Input is not null)
        {
            int different = input.Pixels.Length == golden.Input.Length ? input.Pixels.ToArray().Zip(golden.Input).Count(pair => pair.First != pair.Second) : input.Pixels.Length;
            Add(golden, "input", different == 0, different == 0 ? "exact" : $"{different} of {input.Pixels.Length} bytes differ");
        }

        float[] features = _extractor.Extract(input);
        Compare(golden, "avg", Slice(features, s_average), golden.Average);
        Compare(golden, "max", Slice(features, s_maximum), golden.Maximum);
        Compare(golden, "pool5", Slice(features, s_map), golden.Map, golden.MapIsHalf);
        CompareMeans(golden, features);
    }

    private void Compare(FeatureGolden golden, string key, float[] actual, float[]? expected, bool expectedIsHalf = false)
    {
        if (expected is not null)
        {
            FeatureDifference? difference = FeatureDifference.Between(actual, expected, _tolerance, expectedIsHalf);
            Add(golden, key, difference is { Passed: true }, difference?.ToString() ?? $"{actual.Length} values instead of {expected.Length}");
        }
    }

    private void CompareMeans(FeatureGolden golden, float[] features)
    {
        if (golden.LayerMeans.Count == 0)
        {
            return;
        }

        if (golden.LayerMeans.Keys.FirstOrDefault(name => !IsLayer(name)) is { } unknown)
        {
            throw new InvalidDataException($"The network has no layer '{unknown}'.");
        }

        (string Layer, double Difference) worst = golden.LayerMeans
            .Select(expected =>
            {
                double actual = Slice(features, new FeatureSource(expected.Key, FeaturePooling.Average)).Average(value => (double)value);
                return (expected.Key, Math.Abs(actual - expected.Value) / Math.Max(1, Math.Abs(expected.Value)));
            })
            .MaxBy(pair => double.IsNaN(pair.Item2) ? double.PositiveInfinity : pair.Item2);
        Add(golden, $"means of {golden.LayerMeans.Count} layers", worst.Difference <= _tolerance.Relative,
            string.Create(CultureInfo.InvariantCulture, $"relative {worst.Difference:0.0e+00} ({worst.Layer})"));
    }

    private bool IsLayer(string name) => _model.Architecture.Layers.Any(layer => layer.Name == name);

    private float[] Slice(float[] features, FeatureSource source) =>
        new FeatureSlicer(_extractor.Layer, new FeatureLayer([source]), _model.Architecture with { InputSize = InputSize }).Slice(features);

    private void Add(FeatureGolden golden, string key, bool passed, string detail) =>
        _cases.Add(new ParityCase($"{golden.Photo}: {golden.Resizing} {key}", passed, detail));
}
