using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Architectures;
using VggTransfer.Images;
using VggTransfer.MlNet;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Images;

namespace VggTransfer.Tests.MlNet;

public sealed class VggFeaturesTests
{
    private static readonly VggModel s_model = RandomModels.CreateTrainable(
        new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 1.0 / 16, InputSize = 32, IncludeTop = false });

    private static readonly VggFeaturesOptions s_options = new() { Backbone = s_model, Layer = FeatureLayer.Parse("block4_pool:avg+block5_pool:avg"), Threads = 1 };

    /// <summary>Oracle: ML.NET's own LoadImages, ResizeImages, ExtractPixels and ApplyOnnxModel.</summary>
    [Fact]
    public void Batches_give_what_the_parts_of_ML_NET_give_for_odd_images()
    {
        using var folder = new TemporaryFolder();
        using SkiaSharp.SKBitmap grey = SampleImages.Draw(50, 40).Copy(SkiaSharp.SKColorType.Gray8);
        string[] paths =
        [
            Write("grey.jpg", SampleImages.Encode(grey, SkiaSharp.SKEncodedImageFormat.Jpeg)),
            Write("alpha.png", SampleImages.Png(60, 45, alpha: true)),
            Write("palette.bmp", SampleImages.PaletteBmp(37, 53)),
            Write("tall.png", SampleImages.Png(9, 300)),
            Write("wide.jpg", SampleImages.Jpeg(300, 20)),
            Write("tiny.png", SampleImages.Png(1, 1)),
            Write("webp.webp", SampleImages.WebP(40, 64)),
        ];
        var ml = new MLContext(1);
        IDataView data = Paths(ml, paths);
        using VggFeaturesTransformer transformer = ml.Transforms.VggFeatures("Features", "ImagePath", s_options).Fit(data);

        AssertSameRows(transformer.RowByRow.Transform(data), transformer.Transform(data), paths);

        string Write(string name, byte[] content)
        {
            File.WriteAllBytes(folder.File(name), content);
            return folder.File(name);
        }
    }

    /// <summary>Oracle: ML.NET's own parts, with the same graph.</summary>
    [Fact]
    public void Integers_give_the_same_bits_in_ML_NET()
    {
        using var folder = new TemporaryFolder();
        string[] paths = folder.AddClass("any", 3, colour: 1);
        var ml = new MLContext(1);
        IDataView data = Paths(ml, paths);
        using VggFeaturesTransformer transformer = ml.Transforms.VggFeatures("Features", "ImagePath", new VggFeaturesOptions { InputSize = 32, Precision = OnnxPrecision.Int8 }).Fit(data);

        AssertSameRows(transformer.RowByRow.Transform(data), transformer.Transform(data), paths);
        Assert.Contains("aren't known", Assert.Throws<ArgumentException>(() => ml.Transforms.VggFeatures("Features", "ImagePath", s_options with { Precision = OnnxPrecision.Int8 })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Batches_give_what_the_parts_of_ML_NET_give_for_photos()
    {
        using var folder = new TemporaryFolder();
        System.IO.Compression.ZipFile.ExtractToDirectory(SharedData.Require("data/imagenet-photos-100.zip"), folder.Path);
        string[] paths = [.. Directory.GetFiles(folder.Path, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Where((_, i) => i % 9 == 0)];
        var ml = new MLContext(1);
        IDataView data = Paths(ml, paths);
        using VggFeaturesTransformer transformer = ml.Transforms.VggFeatures("Features", "ImagePath", new VggFeaturesOptions { InputSize = 64, BatchSize = 5 }).Fit(data);

        Assert.Equal(12, paths.Length);
        Assert.Equal("block5_pool:avg", transformer.Layer.ToString());
        AssertSameRows(transformer.RowByRow.Transform(data), transformer.Transform(data), paths);
    }

    [Fact]
    public void Schema_is_that_of_the_parts_of_ML_NET()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(1);
        IDataView data = Labelled(ml, folder);
        VggFeaturesEstimator estimator = ml.Transforms.VggFeatures("Features", "ImagePath", s_options);
        using VggFeaturesTransformer transformer = estimator.Fit(data);

        DataViewSchema schema = transformer.GetOutputSchema(data.Schema);

        Assert.Equal(["ImagePath", "Label", "Features"], schema.Select(column => column.Name));
        Assert.Equal(transformer.RowByRow.GetOutputSchema(data.Schema)["Features"].Type, schema["Features"].Type);
        Assert.Equal(schema["Features"].Type, transformer.Transform(data).Schema["Features"].Type);
        Assert.Equal(transformer.Dimension, ((VectorDataViewType)schema["Features"].Type).Size);
        SchemaShape.Column shape = estimator.GetOutputSchema(SchemaShapeOf(data.Schema)).Single(column => column.Name == "Features");
        Assert.Equal((SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single), (shape.Kind, (NumberDataViewType)shape.ItemType));
    }

    [Theory]
    [InlineData("lbfgs")]
    [InlineData("sdca")]
    [InlineData("perceptrons")]
    [InlineData("bayes")]
    public void Trainers_of_ML_NET_learn_from_the_features_and_the_saved_model_predicts_alike(string name)
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(1);
        IDataView data = Labelled(ml, folder);
        Func<IEstimator<ITransformer>> trainer = name switch
        {
            "lbfgs" => () => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(),
            "sdca" => () => ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(new Microsoft.ML.Trainers.SdcaMaximumEntropyMulticlassTrainer.Options { NumberOfThreads = 1 }),
            "perceptrons" => () => ml.MulticlassClassification.Trainers.OneVersusAll(ml.BinaryClassification.Trainers.AveragedPerceptron()),
            _ => () => ml.MulticlassClassification.Trainers.NaiveBayes(),
        };
        var model = ml.Transforms.Conversion.MapValueToKey("Label")
            .Append(ml.Transforms.VggFeatures("Features", "ImagePath", s_options))
            .Append(ml.Transforms.NormalizeMeanVariance("Features", fixZero: false))
            .Append(trainer())
            .Append(ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(data);
        string file = folder.File("model.zip");

        ml.Model.Save(model, data.Schema, file);
        var fresh = new MLContext();
        ITransformer loaded = fresh.Model.Load(file, out DataViewSchema schema);

        string[] expected = Texts(model.Transform(data), "PredictedLabel");
        string[] truth = Texts(data, "Label");
        Assert.True(expected.Zip(truth).Count(pair => pair.First == pair.Second) >= 0.9 * truth.Length, string.Join(' ', expected));
        Assert.Equal(expected, Texts(loaded.Transform(Reload(fresh, ml, data)), "PredictedLabel"));
        Assert.Equal(["ImagePath", "Label"], schema.Select(column => column.Name));
        using PredictionEngine<Photo, Prediction> before = ml.Model.CreatePredictionEngine<Photo, Prediction>(model);
        using PredictionEngine<Photo, Prediction> after = fresh.Model.CreatePredictionEngine<Photo, Prediction>(loaded);
        Photo photo = ml.Data.CreateEnumerable<Photo>(data, reuseRowObject: false).First();
        Assert.Equal(before.Predict(photo).Score, after.Predict(photo).Score);
        Assert.Equal(expected[0], after.Predict(photo).PredictedLabel);
    }

    [Fact]
    public void Loaded_images_give_the_features_of_their_files()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(1);
        IDataView data = Labelled(ml, folder);
        IDataView images = ml.Transforms.LoadImages("Image", null, "ImagePath").Fit(data).Transform(data);
        using VggFeaturesTransformer fromFiles = ml.Transforms.VggFeatures("Features", "ImagePath", s_options).Fit(data);
        using VggFeaturesTransformer fromImages = ml.Transforms.VggFeaturesFromImage("Features", "Image", s_options).Fit(images);

        float[][] expected = Rows(fromFiles.Transform(data));

        Assert.Equal(expected, Rows(fromImages.Transform(images)));
        AssertSameRows(fromImages.RowByRow.Transform(images), fromImages.Transform(images), Texts(data, "ImagePath"));
    }

    [Fact]
    public void Relative_paths_are_relative_to_the_image_folder()
    {
        using var folder = new TemporaryFolder();
        string[] paths = folder.AddClass("a", 2, colour: 0);
        var ml = new MLContext(1);
        IDataView relative = Paths(ml, [.. paths.Select(path => Path.GetRelativePath(folder.Path, path))]);
        using VggFeaturesTransformer transformer = ml.Transforms.VggFeatures("Features", "ImagePath", s_options with { ImageFolder = folder.Path }).Fit(relative);
        using VggFeaturesTransformer absolute = ml.Transforms.VggFeatures("Features", "ImagePath", s_options).Fit(relative);

        float[][] expected = Rows(absolute.Transform(Paths(ml, paths)));

        Assert.Equal(expected, Rows(transformer.Transform(relative)));
        AssertSameRows(transformer.RowByRow.Transform(relative), transformer.Transform(relative), paths);
    }

    [Fact]
    public void Rows_of_other_columns_need_no_image()
    {
        var ml = new MLContext(1);
        IDataView data = ml.Data.LoadFromEnumerable(new[] { new Photo { ImagePath = "missing.png", Label = "a" } });
        using VggFeaturesTransformer transformer = ml.Transforms.VggFeatures("Features", "ImagePath", s_options).Fit(data);
        IDataView transformed = transformer.Transform(data);

        Assert.Equal(["a"], Texts(transformed, "Label"));
        Assert.Throws<FileNotFoundException>(() => Rows(transformed));
        using DataViewRowCursor cursor = transformed.GetRowCursor([transformed.Schema["Label"]]);
        Assert.False(cursor.IsColumnActive(transformed.Schema["Features"]));
        Assert.Throws<InvalidOperationException>(() => cursor.GetGetter<VBuffer<float>>(transformed.Schema["Features"]));
    }

    [Fact]
    public void Bad_image_throws_until_it_is_mended()
    {
        using var folder = new TemporaryFolder();
        string[] paths = folder.AddClass("a", 5, colour: 0);
        byte[] good = File.ReadAllBytes(paths[2]);
        File.WriteAllBytes(paths[2], good[..50]);
        var ml = new MLContext(1);
        IDataView data = Paths(ml, paths);
        using VggFeaturesTransformer transformer = ml.Transforms.VggFeatures("Features", "ImagePath", s_options with { BatchSize = 2 }).Fit(data);
        IDataView transformed = transformer.Transform(data);

        InvalidImageException exception = Assert.Throws<InvalidImageException>(() => Rows(transformed));
        File.WriteAllBytes(paths[2], good);

        Assert.Equal(paths[2], exception.Path);
        Assert.Equal(5, Rows(transformed).Length);
    }

    [Fact]
    public void Wrong_columns_are_refused_in_a_sentence()
    {
        var ml = new MLContext(1);
        IDataView numbers = ml.Data.LoadFromEnumerable(new[] { new Number { Value = 1 } });

        ArgumentException type = Assert.Throws<ArgumentException>(() => ml.Transforms.VggFeatures("Features", "Value", s_options).Fit(numbers));
        ArgumentException missing = Assert.Throws<ArgumentException>(() => ml.Transforms.VggFeatures("Features", "ImagePath", s_options).Fit(numbers));
        ArgumentException image = Assert.Throws<ArgumentException>(() => ml.Transforms.VggFeaturesFromImage("Features", "ImagePath", s_options).Fit(Paths(ml, ["a"])));

        Assert.Contains("'Value' of text (paths of image files), and it is Single", type.Message, StringComparison.Ordinal);
        Assert.Contains("there is no such column", missing.Message, StringComparison.Ordinal);
        Assert.Contains("of images (MLImage), and it is String", image.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_dont_fit_the_network_are_refused_before_there_are_data()
    {
        TransformsCatalog catalog = new MLContext(1).Transforms;
        VggModel top = RandomModels.CreateTrainable(RandomModels.Tiny);
        VggModel unknown = RandomModels.CreateTrainable(RandomModels.Tiny, family: null);

        Assert.Throws<FeatureLayerNotFoundException>(() => catalog.VggFeatures("f", "p", s_options with { Layer = FeatureLayer.Fc7 }));
        Assert.Contains("need an input of 32 pixels", Assert.Throws<ArgumentException>(() => catalog.VggFeatures("f", "p", new VggFeaturesOptions { Backbone = top, InputSize = 64 })).Message, StringComparison.Ordinal);
        Assert.Contains("normalised", Assert.Throws<ArgumentException>(() => catalog.VggFeatures("f", "p", new VggFeaturesOptions { Backbone = unknown })).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => catalog.VggFeatures("f", "p", s_options with { BatchSize = 0 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => catalog.VggFeatures("f", "p", s_options with { InputSize = 8 }));
    }

    [Fact]
    public void Rows_keep_their_own_features_when_split_shuffled_filtered_and_cached()
    {
        using var folder = new TemporaryFolder();
        var ml = new MLContext(1);
        IDataView data = Labelled(ml, folder);
        using VggFeaturesTransformer transformer = ml.Transforms.VggFeatures("Features", "ImagePath", s_options with { BatchSize = 4 }).Fit(data);
        Dictionary<string, float[]> expected = ByPath(transformer.Transform(data));
        DataOperationsCatalog.TrainTestData before = ml.Data.TrainTestSplit(data, 0.3);
        DataOperationsCatalog.TrainTestData after = ml.Data.TrainTestSplit(transformer.Transform(data), 0.3);
        IDataView[] views =
        [
            transformer.Transform(before.TrainSet),
            transformer.Transform(before.TestSet),
            after.TrainSet,
            after.TestSet,
            ml.Data.Cache(transformer.Transform(data)),
            transformer.Transform(ml.Data.Cache(data)),
            transformer.Transform(ml.Data.ShuffleRows(data, seed: 5)),
            ml.Data.ShuffleRows(transformer.Transform(data), seed: 5),
            transformer.Transform(ml.Data.SkipRows(data, 7)),
            ml.Data.TakeRows(transformer.Transform(data), 3),
        ];

        foreach (IDataView view in views)
        {
            // Twice: trainers pass over their data many times.
            for (int pass = 0; pass < 2; pass++)
            {
                Dictionary<string, float[]> actual = ByPath(view);
                Assert.NotEmpty(actual);
                Assert.All(actual, row => Near.Assert(expected[row.Key], row.Value, 1e-5, row.Key));
            }
        }

        Assert.Equal(expected.Count, ByPath(views[0]).Count + ByPath(views[1]).Count);
    }

    private static IDataView Paths(MLContext ml, string[] paths) => ml.Data.LoadFromEnumerable(paths.Select(path => new PathOnly { ImagePath = path }).ToArray());

    private static IDataView Labelled(MLContext ml, TemporaryFolder folder) => ml.Data.LoadFromEnumerable(
        ((string[])["red", "green", "blue"])
            .SelectMany((name, colour) => folder.AddClass(name, 7, colour).Select(path => new Photo { ImagePath = path, Label = name }))
            .ToArray());

    private static IDataView Reload(MLContext fresh, MLContext ml, IDataView data) =>
        fresh.Data.LoadFromEnumerable(ml.Data.CreateEnumerable<Photo>(data, reuseRowObject: false).ToArray());

    private static string[] Texts(IDataView view, string name) => [.. view.GetColumn<string>(name)];

    private static float[][] Rows(IDataView view) => [.. view.GetColumn<float[]>("Features")];

    private static Dictionary<string, float[]> ByPath(IDataView view)
    {
        var rows = new Dictionary<string, float[]>();
        using DataViewRowCursor cursor = view.GetRowCursor([view.Schema["ImagePath"], view.Schema["Features"]]);
        ValueGetter<ReadOnlyMemory<char>> getPath = cursor.GetGetter<ReadOnlyMemory<char>>(view.Schema["ImagePath"]);
        ValueGetter<VBuffer<float>> getFeatures = cursor.GetGetter<VBuffer<float>>(view.Schema["Features"]);
        ReadOnlyMemory<char> path = default;
        VBuffer<float> features = default;
        while (cursor.MoveNext())
        {
            getPath(ref path);
            getFeatures(ref features);
            rows.Add(path.ToString(), [.. features.DenseValues()]);
        }

        return rows;
    }

    private static void AssertSameRows(IDataView expected, IDataView actual, string[] names)
    {
        float[][] expectedRows = Rows(expected);
        float[][] actualRows = Rows(actual);
        Assert.Equal(names.Length, expectedRows.Length);
        Assert.Equal(names.Length, actualRows.Length);
        for (int i = 0; i < names.Length; i++)
        {
            Near.Assert(expectedRows[i], actualRows[i], 1e-4, Path.GetFileName(names[i]));
        }
    }

    /// <summary>ML.NET makes the shape that it hands to an estimator by a constructor that isn't public.</summary>
    private static SchemaShape SchemaShapeOf(DataViewSchema schema) =>
        new(schema.Select(column => (SchemaShape.Column)Activator.CreateInstance(
            typeof(SchemaShape.Column),
            System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance,
            null, [column.Name, SchemaShape.Column.VectorKind.Scalar, column.Type, false, null], null)!));

    private sealed class PathOnly
    {
        public string ImagePath { get; set; } = "";
    }

    private sealed class Photo
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }

    private sealed class Number
    {
        public float Value { get; set; }
    }

    private sealed class Prediction
    {
        public string PredictedLabel { get; set; } = "";

        public float[] Score { get; set; } = [];
    }
}
