using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.FineTuning;
using VggTransfer.Models;
using VggTransfer.Tests.Engine;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Keras.Data;
using VggTransfer.Training;

namespace VggTransfer.Tests.FineTuning;

[Collection(SerialEngine.Name)]
public sealed class VggFineTuningTrainerTests : IDisposable
{
    private static readonly VggModel s_backbone = RandomModels.CreateTrainable(
        new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 0.05, InputSize = 32, IncludeTop = false });

    private static readonly VggFineTuningTrainer.Options s_options = new()
    {
        Epoch = 3,
        BatchSize = 5,
        LearningRate = 0.02,
        Recipe = new FineTuningOptions { Backbone = s_backbone, InputSize = 32, BackboneLearningRate = 0.005, Device = "cpu", Precision = Precision.Float32, Threads = 1 },
    };

    // Not in the order of the alphabet: the key's order counts.
    private static readonly string[] s_classes = ["red", "green", "blue"];

    private readonly TemporaryFolder _folder = new();
    private readonly MLContext _ml = new(seed: 3);
    private readonly Photo[] _photos;
    private readonly IDataView _data;

    public VggFineTuningTrainerTests()
    {
        _photos = [.. s_classes.SelectMany((name, colour) => _folder.AddClass(name, 7, colour).Select(path => new Photo { ImagePath = path, Label = name }))];
        _data = Keyed(_ml, _photos);
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Oracle: an application that knows only Microsoft's packages (tests/PortableConsumer).</summary>
    [Fact]
    public void A_saved_model_predicts_alike_in_an_application_without_this_library()
    {
        var pipeline = _ml.MulticlassClassification.Trainers.VggFineTuning(s_options).Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        TransformerChain<Microsoft.ML.Transforms.KeyToValueMappingTransformer> model = pipeline.Fit(_data);
        string file = _folder.File("model.zip");
        _ml.Model.Save(model, _data.Schema, file);
        IDataView predictions = model.Transform(_data);
        string[] labels = [.. predictions.GetColumn<string>("PredictedLabel")];
        float[][] scores = [.. predictions.GetColumn<float[]>("Score")];

        AssertConsumerAgrees(file, _photos, labels, scores);
        Assert.True(labels.Zip(_photos).Count(pair => pair.First == pair.Second.Label) > 0.8 * _photos.Length);
    }

    /// <summary>The real network and real pictures, whose head works on maps of two blocks. Oracle: the same application.</summary>
    [Fact]
    public void A_model_of_real_pictures_on_several_maps_predicts_alike_in_an_application_without_this_library()
    {
        Photo[] photos = ExtractPictures(["cat", "ship", "truck"], 20);
        var told = new List<VggFineTuningMetrics>();
        var options = new VggFineTuningTrainer.Options
        {
            Epoch = 2,
            BatchSize = 8,
            MetricsCallback = told.Add,
            Recipe = new FineTuningOptions
            {
                Layer = FeatureLayer.Parse("block4_pool:avg+block5_pool:avg+block5_pool:max"), InputSize = 48, Device = "cpu", Precision = Precision.Float32, Threads = 1,
            },
        };
        IDataView data = Keyed(_ml, photos, ["truck", "cat", "ship"]);
        var pipeline = _ml.MulticlassClassification.Trainers.VggFineTuning(options).Append(_ml.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
        TransformerChain<Microsoft.ML.Transforms.KeyToValueMappingTransformer> model = pipeline.Fit(data);
        string file = _folder.File("model.zip");
        _ml.Model.Save(model, data.Schema, file);
        IDataView predictions = model.Transform(data);

        AssertConsumerAgrees(file, photos, [.. predictions.GetColumn<string>("PredictedLabel")], [.. predictions.GetColumn<float[]>("Score")]);
        Assert.Equal([1, 2], told.Where(metrics => metrics.Epoch is not null).Select(metrics => metrics.Epoch!.Value));
        Assert.Equal([FineTuningPhase.DecodingImages, FineTuningPhase.ComputingFrozenLayers, FineTuningPhase.FittingHead, FineTuningPhase.Training, FineTuningPhase.Evaluating], told.Select(metrics => metrics.Phase).Distinct());

        // Four fifths of them it has learned from.
        Assert.True(predictions.GetColumn<string>("PredictedLabel").Zip(photos).Count(pair => pair.First == pair.Second.Label) > 0.8 * photos.Length);
    }

    [Fact]
    public void Columns_are_those_of_other_trainers_with_the_values_of_the_label()
    {
        VggFineTuningTrainer trainer = _ml.MulticlassClassification.Trainers.VggFineTuning(s_options with { ScoreColumnName = "Probability", PredictedLabelColumnName = "Guess" });
        using VggFineTuningTransformer model = trainer.Fit(_data);

        DataViewSchema schema = model.GetOutputSchema(_data.Schema);
        Assert.Equal(schema.Select(column => column.Name), model.Transform(_data).Schema.Select(column => column.Name));
        Assert.Equal(["Guess", "ImagePath", "Label", "Probability"], schema.Where(column => !column.IsHidden).Select(column => column.Name).Order(StringComparer.Ordinal));
        Assert.Equal(3UL, ((KeyDataViewType)schema["Guess"].Type).Count);
        VBuffer<ReadOnlyMemory<char>> values = default;
        schema["Guess"].GetKeyValues(ref values);
        Assert.Equal(s_classes, values.DenseValues().Select(value => value.ToString()));
        VBuffer<ReadOnlyMemory<char>> slots = default;
        schema["Probability"].GetSlotNames(ref slots);
        Assert.Equal(s_classes, slots.DenseValues().Select(value => value.ToString()));

        SchemaShape shape = trainer.GetOutputSchema(ShapeOf(_data.Schema));
        Assert.Equal(["ImagePath", "Label", "Probability", "Guess"], shape.Select(column => column.Name));
        SchemaShape.Column score = shape.Single(column => column.Name == "Probability"), guess = shape.Single(column => column.Name == "Guess");
        Assert.Equal((SchemaShape.Column.VectorKind.Vector, NumberDataViewType.Single), (score.Kind, (NumberDataViewType)score.ItemType));
        Assert.True(guess.IsKey);
    }

    [Fact]
    public void The_evaluator_of_ML_NET_finds_the_accuracy_of_the_training()
    {
        string validation = _folder.File("validation");
        IDataView judged = Keyed(_ml, [.. s_classes.SelectMany((name, colour) => _folder.AddClass(Path.Combine(validation, name), 3, colour, side: 51).Select(path => new Photo { ImagePath = path, Label = name }))]);
        using VggFineTuningTransformer model = _ml.MulticlassClassification.Trainers.VggFineTuning(s_options with { ValidationSet = judged }).Fit(_data);

        MulticlassClassificationMetrics metrics = _ml.MulticlassClassification.Evaluate(model.Transform(judged));

        Assert.Equal(9, model.Result.Validation.Count);
        Assert.Equal(model.Result.Validation.Accuracy, metrics.MicroAccuracy, tolerance: 1e-6);
        Assert.Equal(model.Result.Validation.LogLoss, metrics.LogLoss, tolerance: 1e-4);
    }

    [Fact]
    public void A_seed_gives_the_same_twice_and_log_and_callback_hear_of_each_epoch()
    {
        var told = new List<VggFineTuningMetrics>();
        var log = new List<string>();
        _ml.Log += (_, message) => log.Add(message.RawMessage);
        using VggFineTuningTransformer first = _ml.MulticlassClassification.Trainers.VggFineTuning(s_options with { MetricsCallback = told.Add }).Fit(_data);

        var other = new MLContext(seed: 3);
        using VggFineTuningTransformer second = other.MulticlassClassification.Trainers.VggFineTuning(s_options).Fit(Keyed(other, _photos));
        Assert.Equal(3, log.Count(line => line.StartsWith("epoch ", StringComparison.Ordinal) && line.Contains("val_loss", StringComparison.Ordinal)));
        using VggFineTuningTransformer third = _ml.MulticlassClassification.Trainers.VggFineTuning(s_options with { Seed = 77 }).Fit(_data);

        Assert.Equal(Scores(first), Scores(second));
        Assert.NotEqual(Scores(first), Scores(third));
        VggFineTuningMetrics[] epochs = [.. told.Where(metrics => metrics.Epoch is not null)];
        Assert.Equal([1, 2, 3], epochs.Select(metrics => metrics.Epoch!.Value));
        Assert.Equal(first.Result.Epochs.Select(figures => figures["val_accuracy"]), epochs.Select(metrics => metrics.ValidationAccuracy!.Value));
        Assert.Equal(first.Result.Epochs.Select(figures => figures["loss"]), epochs.Select(metrics => metrics.CrossEntropy!.Value));
        Assert.All(told.Where(metrics => metrics.Epoch is null), metrics => Assert.Null(metrics.Accuracy));
    }

    [Fact]
    public void Rows_without_a_class_are_left_out_and_classes_without_rows_are_improbable()
    {
        Photo[] more = [.. _photos, new Photo { ImagePath = _photos[0].ImagePath, Label = "unheard of" }];
        IDataView keys = _ml.Data.LoadFromEnumerable(((string[])["red", "never seen", "green", "blue"]).Select(label => new KeyRow { Label = label }));
        IDataView rows = _ml.Data.LoadFromEnumerable(more);
        IDataView data = _ml.Transforms.Conversion.MapValueToKey("Label", keyData: keys).Fit(rows).Transform(rows);

        using VggFineTuningTransformer model = _ml.MulticlassClassification.Trainers.VggFineTuning(s_options).Fit(data);

        Assert.Equal(_photos.Length, model.Result.Description.TrainingImages + model.Result.Description.ValidationImages);
        float[][] scores = [.. model.Transform(data).GetColumn<float[]>("Score")];
        Assert.All(scores, row => Assert.True(row.Length == 4 && row[1] < 1e-7f && row.All(float.IsFinite)));
        Assert.DoesNotContain(2u, model.Transform(data).GetColumn<uint>("PredictedLabel"));
    }

    [Fact]
    public void Wrong_columns_are_named()
    {
        VggFineTuningTrainer trainer = _ml.MulticlassClassification.Trainers.VggFineTuning("Class", "File");
        ArgumentException missing = Assert.Throws<ArgumentException>(() => trainer.Fit(_data));
        Assert.Contains("a key column 'Class' of classes", missing.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => trainer.GetOutputSchema(ShapeOf(_data.Schema)));
        IDataView text = _ml.Data.LoadFromEnumerable(_photos);
        ArgumentException untyped = Assert.Throws<ArgumentException>(() => _ml.MulticlassClassification.Trainers.VggFineTuning().Fit(text));
        Assert.Contains("MapValueToKey makes it, and it is String", untyped.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => _ml.MulticlassClassification.Trainers.VggFineTuning(scoreColumnName: " "));
    }

    [Fact]
    public void A_head_gets_rows_for_all_values_of_the_key()
    {
        var head = new LinearHead([1, 2, 3, 4], [0.5f, -0.5f]);
        LinearHead all = FineTunedChain.ForAll(head, ["a", "c"], ["c", "b", "a"]);
        Assert.Equal([3, 4, 0, 0, 1, 2], all.Weights);
        Assert.Equal([-0.5f, -1000.5f, 0.5f], all.Biases);
    }

    private float[][] Scores(VggFineTuningTransformer model) => [.. model.Transform(_data).GetColumn<float[]>("Score")];

    /// <summary>Of the test images of CIFAR-10, whose folders are called as the classes.</summary>
    private Photo[] ExtractPictures(string[] classes, int each)
    {
        using ZipArchive archive = ZipFile.OpenRead(SharedData.Require("data/cifar10-test.zip"));
        return
        [
            .. classes.SelectMany(name => archive.Entries.Where(entry => entry.Name.Length > 0 && entry.FullName.Split('/').Contains(name)).Take(each).Select(entry =>
            {
                string path = _folder.File($"{name}-{entry.Name}");
                entry.ExtractToFile(path);
                return new Photo { ImagePath = path, Label = name };
            })),
        ];
    }

    private static void AssertConsumerAgrees(string model, Photo[] photos, string[] labels, float[][] scores)
    {
        string consumer = Repository.Program("tests/PortableConsumer");
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [consumer, model, .. photos.Select(photo => photo.ImagePath)]) { RedirectStandardOutput = true })!;
        string[] lines = process.StandardOutput.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();

        Assert.Equal(0, process.ExitCode);
        Assert.Equal(photos.Length, lines.Length);
        foreach ((int i, string line) in lines.Index())
        {
            string[] fields = line.Trim().Split('\t');
            Assert.Equal(labels[i], fields[1]);
            Assert.Equal(scores[i].Max(), float.Parse(fields[2], CultureInfo.InvariantCulture), tolerance: 1e-5);
        }
    }

    private static IDataView Keyed(MLContext ml, Photo[] photos) => Keyed(ml, photos, s_classes);

    private static IDataView Keyed(MLContext ml, Photo[] photos, string[] classes)
    {
        IDataView keys = ml.Data.LoadFromEnumerable(classes.Select(label => new KeyRow { Label = label }));
        IDataView rows = ml.Data.LoadFromEnumerable(photos);
        return ml.Transforms.Conversion.MapValueToKey("Label", keyData: keys).Fit(rows).Transform(rows);
    }

    private static SchemaShape ShapeOf(DataViewSchema schema) =>
        new(schema.Where(column => !column.IsHidden).Select(column => (SchemaShape.Column)Activator.CreateInstance(
            typeof(SchemaShape.Column),
            System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance,
            null, [column.Name, SchemaShape.Column.VectorKind.Scalar, column.Type is KeyDataViewType ? NumberDataViewType.UInt32 : column.Type, column.Type is KeyDataViewType, null], null)!));

    private sealed class KeyRow
    {
        public string Label { get; set; } = "";
    }

    private sealed class Photo
    {
        public string ImagePath { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
