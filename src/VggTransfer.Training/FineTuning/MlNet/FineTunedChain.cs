using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Backbones;
using VggTransfer.Classification;
using VggTransfer.MlNet;

namespace VggTransfer.FineTuning;

/// <summary>A fine-tuned network as ML.NET's transformers: features in batches, then a linear classifier with known weights.</summary>
internal static class FineTunedChain
{
    /// <summary>How much less than the least probable class a class gets of which there were no images: its probability is 0 to seven digits.</summary>
    private const float AbsentClass = -1000;

    /// <summary>What ML.NET's classifier calls its probabilities, whatever they are called in the end.</summary>
    public const string Score = "Score";

    /// <param name="mlContext">Makes the parts.</param>
    /// <param name="tuned">Network and head.</param>
    /// <param name="classes">The names of all values of the label's key; the network may know fewer.</param>
    /// <param name="input">The training data; only their schema is looked at.</param>
    /// <param name="options">The columns.</param>
    public static TransformerChain<ITransformer> Create(
        MLContext mlContext, FineTunedImageClassifier tuned, IReadOnlyList<string> classes, IDataView input, VggFineTuningTrainer.Options options)
    {
        string featuresColumn = FeaturesColumn(options);
        ClassifierDescription description = tuned.Description;
        VggFeaturesTransformer features = mlContext.Transforms.VggFeatures(featuresColumn, options.FeatureColumnName, new VggFeaturesOptions
        {
            Backbone = new VggBackbone(tuned.Network),
            Layer = description.Layer,
            InputSize = description.InputSize,
            Orientation = description.Orientation,
            ImageFolder = options.ImageFolder,
            Threads = options.Recipe.Threads ?? ThreadCount.Default,
        }).Fit(input);

        LinearHead head = ForAll(tuned.Head, description.Labels, classes);
        IDataView vectors = Vectors(mlContext, featuresColumn, head.Dimension);

        // A saved chain's graph gives vectors of (1, dimension), and a normaliser makes plain ones of them. This one,
        // between 0 and 1, changes nothing.
        ITransformer plain = mlContext.Transforms.NormalizeMinMax(featuresColumn, fixZero: true).Fit(vectors);
        ITransformer prediction = KnownMaximumEntropy.Create(
            mlContext, head, TrainingSchema(input.Schema[options.LabelColumnName], featuresColumn, head.Dimension), featuresColumn, options.LabelColumnName,
            options.PredictedLabelColumnName);
        if (options.ScoreColumnName == Score)
        {
            return new TransformerChain<ITransformer>([features, plain, prediction, mlContext.Transforms.DropColumns(featuresColumn).Fit(vectors)]);
        }

        IDataView scored = prediction.Transform(vectors);
        ITransformer rename = mlContext.Transforms.CopyColumns(options.ScoreColumnName, Score).Fit(scored);
        return new TransformerChain<ITransformer>([features, plain, prediction, rename, mlContext.Transforms.DropColumns(featuresColumn, Score).Fit(scored)]);
    }

    /// <summary>The column between network and head, which is gone in the end.</summary>
    public static string FeaturesColumn(VggFineTuningTrainer.Options options) => $"{options.ScoreColumnName}.Features";

    /// <summary>The head with rows for all classes of the label's key, in its order.</summary>
    internal static LinearHead ForAll(LinearHead head, IReadOnlyList<string> known, IReadOnlyList<string> classes)
    {
        Dictionary<string, int> rows = known.Index().ToDictionary(pair => pair.Item, pair => pair.Index, StringComparer.Ordinal);
        float absent = head.Biases.Min() + AbsentClass;
        float[] nothing = new float[head.Dimension];
        return new LinearHead(
            [.. classes.SelectMany(name => rows.TryGetValue(name, out int row) ? head.Weights.AsSpan(row * head.Dimension, head.Dimension).ToArray() : nothing)],
            [.. classes.Select(name => rows.TryGetValue(name, out int row) ? head.Biases[row] : absent)]);
    }

    /// <summary>What the head would have been trained on: its predicted label has the type and the values of the label.</summary>
    private static DataViewSchema TrainingSchema(DataViewSchema.Column label, string featuresColumn, int dimension)
    {
        var builder = new DataViewSchema.Builder();
        builder.AddColumn(featuresColumn, new VectorDataViewType(NumberDataViewType.Single, dimension));
        builder.AddColumn(label.Name, label.Type, label.Annotations);
        return builder.ToSchema();
    }

    /// <summary>The vectors of nothing and of ones.</summary>
    private static IDataView Vectors(MLContext mlContext, string featuresColumn, int dimension)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        SchemaDefinition.Column column = schema[nameof(Row.Features)];
        column.ColumnName = featuresColumn;
        column.ColumnType = new VectorDataViewType(NumberDataViewType.Single, dimension);
        return mlContext.Data.LoadFromEnumerable(
            new Row[] { new() { Features = new float[dimension] }, new() { Features = [.. Enumerable.Repeat(1f, dimension)] } }, schema);
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];
    }
}
