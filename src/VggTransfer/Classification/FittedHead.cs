using Microsoft.ML;
using Microsoft.ML.Data;

namespace VggTransfer.Classification;

/// <summary>A head as ML.NET's transformers, from features to the predicted label, and, equal to them, as plain weights.</summary>
internal sealed record FittedHead(IReadOnlyList<ITransformer> Transformers, LinearHead Weights)
{
    public const string FeaturesColumn = "Features";
    public const string PredictedLabelColumn = "PredictedLabel";

    private const string LabelColumn = "Label";

    /// <summary>Gives a head ML.NET's form, on features as they are.</summary>
    /// <param name="mlContext">The context of the transformers.</param>
    /// <param name="labels">The names of the classes.</param>
    /// <param name="weights">The head.</param>
    /// <exception cref="NotSupportedException">This version of ML.NET doesn't let its model be made of weights.</exception>
    public static FittedHead Create(MLContext mlContext, IReadOnlyList<string> labels, LinearHead weights)
    {
        float[] ones = [.. Enumerable.Repeat(1f, weights.Dimension)];
        IDataView data = CreateView(mlContext, labels, [new float[weights.Dimension], ones]);

        // A saved chain's graph gives vectors of (1, dimension), and a normaliser makes plain ones of them. This one,
        // between 0 and 1, changes nothing.
        ITransformer plain = mlContext.Transforms.NormalizeMinMax(FeaturesColumn, fixZero: true).Fit(data);
        ITransformer prediction = KnownMaximumEntropy.Create(mlContext, weights, data.Schema, FeaturesColumn, LabelColumn);
        ITransformer label = mlContext.Transforms.Conversion.MapKeyToValue(PredictedLabelColumn).Fit(prediction.Transform(data));
        return new FittedHead([plain, prediction, label], weights);
    }

    private static IDataView CreateView(MLContext mlContext, IReadOnlyList<string> labels, float[][] features)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features[0].Length);
        IDataView rows = mlContext.Data.LoadFromEnumerable(features.Select(vector => new Row { Features = vector, Label = labels[0] }), schema);

        // The keys' order is that of the labels, whichever class comes first in the data.
        IDataView keys = mlContext.Data.LoadFromEnumerable(labels.Select(label => new LabelRow { Label = label }));
        return mlContext.Transforms.Conversion.MapValueToKey(LabelColumn, keyData: keys).Fit(rows).Transform(rows);
    }

    private sealed class Row
    {
        public float[] Features { get; set; } = [];

        public string Label { get; set; } = "";
    }

    private sealed class LabelRow
    {
        public string Label { get; set; } = "";
    }
}
