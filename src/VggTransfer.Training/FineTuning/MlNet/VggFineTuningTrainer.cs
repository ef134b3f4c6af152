using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using VggTransfer.Datasets;

namespace VggTransfer.FineTuning;

/// <summary>
/// Fine-tunes a pretrained VGG on a column of image files; made by <c>mlContext.MulticlassClassification.Trainers.VggFineTuning</c>.
/// Fitting the same trainer twice on the same data gives the same model on a CPU.
/// </summary>
public sealed partial class VggFineTuningTrainer : IEstimator<VggFineTuningTransformer>
{
    private readonly IHost _host;
    private readonly Options _options;
    private readonly int _seed;

    internal VggFineTuningTrainer(IHostEnvironment environment, Options options)
    {
        options.Check();
        _host = environment.Register(nameof(VggFineTuningTrainer));
        _options = options;

        // Not a number drawn from the context: that would follow from what else was made before.
        _seed = CatalogEnvironment.SeedOf(environment) ?? _host.Rand.Next();
    }

    /// <summary>Trains.</summary>
    /// <param name="input">The images: paths, and their classes as a key. Rows without a class are left out.</param>
    /// <returns>The model; dispose it when it isn't used any more.</returns>
    /// <exception cref="ArgumentException">A column is missing or of another type, or an option doesn't fit the network.</exception>
    /// <exception cref="InvalidImageFolderException">There are fewer than two classes with readable images, or nothing to validate on.</exception>
    /// <exception cref="IOException">The workspace holds another fine-tuning, or can't be written.</exception>
    /// <exception cref="OperationCanceledException"><see cref="Options.CancellationToken"/> was cancelled.</exception>
    public VggFineTuningTransformer Fit(IDataView input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using IChannel channel = _host.Start("Fine-tuning");
        LabeledRows rows = Read(input, "the training data", channel);
        ImageFolder? validation = ReadValidation(rows, channel);
        FineTunedImageClassifier tuned = ImageClassifierFineTuner.Train(
            ImageFolder.Of("the training data", rows.Present, rows.Images), _options.ToRecipe(_seed, validation), new FitProgress(channel, _options.MetricsCallback), _options.CancellationToken);
        try
        {
            foreach (string warning in tuned.Skipped.Select(image => $"skipped: {image.Reason}").Concat(tuned.Warnings))
            {
                channel.Warning(MessageSensitivity.UserData, warning);
            }

            return new VggFineTuningTransformer(tuned, FineTunedChain.Create(new MLContext(_seed), tuned, rows.Classes, input, _options));
        }
        catch
        {
            tuned.Dispose();
            throw;
        }
    }

    /// <summary>The columns of the input, and those of probabilities and of the predicted class.</summary>
    /// <exception cref="ArgumentException">A column is missing or of another type.</exception>
    public SchemaShape GetOutputSchema(SchemaShape inputSchema)
    {
        ArgumentNullException.ThrowIfNull(inputSchema);
        SchemaShape.Column label = Find(inputSchema, _options.LabelColumnName, column => column.IsKey && column.Kind == SchemaShape.Column.VectorKind.Scalar, "a key of classes");
        SchemaShape.Column path = Find(inputSchema, _options.FeatureColumnName, column => column.ItemType is TextDataViewType && column.Kind == SchemaShape.Column.VectorKind.Scalar, "text with the paths of image files");

        // ML.NET lets only its own parts describe columns, so the shape comes from a trainer that gives the same ones.
        var mlContext = new MLContext();
        string features = FineTunedChain.FeaturesColumn(_options);
        const string image = "Image";
        SchemaShape shape = mlContext.Transforms.LoadImages(image, null, path.Name)
            .Append(mlContext.Transforms.ExtractPixels(features, image))
            .GetOutputSchema(new SchemaShape([label, path]));
        shape = mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy(label.Name, features).GetOutputSchema(shape);
        shape = mlContext.Transforms.CopyColumns(_options.ScoreColumnName, FineTunedChain.Score).Append(mlContext.Transforms.CopyColumns(_options.PredictedLabelColumnName, "PredictedLabel")).GetOutputSchema(shape);
        string[] given = [_options.ScoreColumnName, _options.PredictedLabelColumnName];
        return new SchemaShape(
        [
            .. inputSchema.Where(column => !given.Contains(column.Name) && column.Name != FineTunedChain.Score),
            .. given.Select(name => shape.First(column => column.Name == name)),
        ]);
    }

    private LabeledRows Read(IDataView data, string what, IChannel channel)
    {
        LabeledRows rows = LabeledRows.Read(data, _options.LabelColumnName, _options.FeatureColumnName, _options.ImageFolder);
        if (rows.WithoutLabel > 0)
        {
            channel.Warning(MessageSensitivity.None, $"{rows.WithoutLabel} rows of {what} have no class, and are left out.");
        }

        return rows;
    }

    private ImageFolder? ReadValidation(LabeledRows training, IChannel channel)
    {
        if (_options.ValidationSet is null)
        {
            return null;
        }

        const string Name = "the validation data";
        LabeledRows rows = Read(_options.ValidationSet, Name, channel);
        return rows.Present.FirstOrDefault(label => !training.Present.Contains(label)) is { } unknown
            ? throw new InvalidImageFolderException(Name, $"they have a class '{unknown}' that the training data don't have; leave its rows out, and map both to keys by the same transformer")
            : ImageFolder.Of(Name, rows.Present, rows.Images);
    }

    private static SchemaShape.Column Find(SchemaShape shape, string name, Func<SchemaShape.Column, bool> fits, string what) =>
        shape.Where(column => column.Name == name).ToArray() is [var found] && fits(found)
            ? found
            : throw new ArgumentException($"Fine-tuning needs a column '{name}' of {what}, and there is none.", nameof(shape));

    /// <summary>Passes on how far a training is: to the log of the context, and to who asked.</summary>
    private sealed class FitProgress(IChannel channel, Action<VggFineTuningMetrics>? callback) : IProgress<FineTuningProgress>
    {
        private FineTuningPhase? _phase;

        public void Report(FineTuningProgress value)
        {
            if (value.Decision is { } decision)
            {
                channel.Info(MessageSensitivity.UserData, decision);
                return;
            }

            if (value.Phase != _phase)
            {
                _phase = value.Phase;
                channel.Info(MessageSensitivity.None, $"{value.Phase}{(value.Note.Length == 0 ? "" : $": {value.Note}")}");
            }

            if (value.Epoch is { } figures)
            {
                channel.Info(MessageSensitivity.None, $"{value.Note}: {string.Join(", ", figures.Select(figure => FormattableString.Invariant($"{figure.Key} {figure.Value:0.####}")))}");
            }

            double? Figure(string name) => value.Epoch is { } ended && ended.TryGetValue(name, out double number) ? number : null;
            callback?.Invoke(new VggFineTuningMetrics(
                value.Phase, value.Done, value.Total, value.EpochNumber, Figure("accuracy"), Figure("loss"), Figure("val_accuracy"), Figure("val_loss"), Figure("lr")));
        }
    }
}
