using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Classification.Regression;

namespace VggTransfer.Classification;

/// <summary>
/// Fits the default head: features standardised to mean 0 and variance 1, then multinomial logistic regression, both as one
/// linear layer on raw features; and gives a head ML.NET's form. The same bits on any number of threads.
/// </summary>
internal sealed class HeadTrainer
{
    public const string FeaturesColumn = "Features";
    public const string LabelColumn = "Label";
    public const string PredictedLabelColumn = "PredictedLabel";

    private readonly MLContext _mlContext;
    private readonly IReadOnlyList<string> _labels;

    public HeadTrainer(MLContext mlContext, IReadOnlyList<string> labels)
    {
        _mlContext = mlContext;
        _labels = labels;
    }

    /// <summary>Fits a head.</summary>
    /// <param name="features">One vector for each image, all of the same length.</param>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="classCount">How many classes there are.</param>
    /// <param name="l2Regularization">Strength of the L2 penalty on the weights, not on the biases; scikit-learn's 1/C.</param>
    /// <param name="threads">How many threads may work; by default one for each processor.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="ArgumentException">A feature isn't a finite number.</exception>
    public static LinearHead Fit(
        IReadOnlyList<float[]> features, IReadOnlyList<int> classes, int classCount, double l2Regularization, int? threads = null, CancellationToken cancellationToken = default)
    {
        var regression = LogisticRegression.Create(features, classes, classCount, threads ?? Environment.ProcessorCount);
        return regression.ToHead(regression.Fit(l2Regularization, cancellationToken: cancellationToken));
    }

    /// <summary>A head in ML.NET's form, on features as they are.</summary>
    /// <exception cref="NotSupportedException">This version of ML.NET doesn't let its model be made of weights.</exception>
    public FittedHead Take(LinearHead weights)
    {
        float[] ones = [.. Enumerable.Repeat(1f, weights.Dimension)];
        IDataView data = CreateView([new float[weights.Dimension], ones], [0, 0]);

        // A saved chain's graph gives vectors of (1, dimension), and a normaliser makes plain ones of them. This one,
        // between 0 and 1, changes nothing.
        ITransformer plain = _mlContext.Transforms.NormalizeMinMax(FeaturesColumn, fixZero: true).Fit(data);
        ITransformer prediction = KnownMaximumEntropy.Create(_mlContext, weights, data.Schema, FeaturesColumn, LabelColumn);
        ITransformer labels = _mlContext.Transforms.Conversion.MapKeyToValue(PredictedLabelColumn).Fit(prediction.Transform(data));
        return new FittedHead([plain, prediction, labels], weights);
    }

    private IDataView CreateView(IReadOnlyList<float[]> features, IReadOnlyList<int> classes)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features[0].Length);
        IDataView rows = _mlContext.Data.LoadFromEnumerable(features.Select((vector, i) => new Row { Features = vector, Label = _labels[classes[i]] }), schema);

        // The keys' order is that of the labels, whichever class comes first in the data.
        IDataView keys = _mlContext.Data.LoadFromEnumerable(_labels.Select(label => new LabelRow { Label = label }));
        return _mlContext.Transforms.Conversion.MapValueToKey(LabelColumn, keyData: keys).Fit(rows).Transform(rows);
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

/// <summary>A head as ML.NET's transformers, from features to the predicted label, and, equal to them, as plain weights.</summary>
internal sealed record FittedHead(IReadOnlyList<ITransformer> Transformers, LinearHead Weights);
