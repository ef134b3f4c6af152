using System.Collections.Immutable;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Transforms;

namespace VggTransfer.Classification;

/// <summary>
/// Fits the default head by ML.NET: features standardised to mean 0 and variance 1, then multinomial logistic regression
/// by L-BFGS. On one thread, so that a seed gives the same result twice.
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

    /// <param name="features">One vector for each image, all of the same length.</param>
    /// <param name="classes">For each image the index of its class.</param>
    /// <param name="l2Regularization">Strength of the L2 penalty on the weights; scikit-learn's 1/C.</param>
    /// <param name="cancellationToken">Ends the work within a pass over the features.</param>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public FittedHead Fit(IReadOnlyList<float[]> features, IReadOnlyList<int> classes, float l2Regularization, CancellationToken cancellationToken = default)
    {
        try
        {
            return Fit(CreateView(features, classes, cancellationToken), l2Regularization);
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested && exception is not OperationCanceledException)
        {
            // ML.NET may wrap what its rows throw.
            throw new OperationCanceledException(exception.Message, exception, cancellationToken);
        }
    }

    private FittedHead Fit(IDataView data, float l2Regularization)
    {
        var normalizer = _mlContext.Transforms.NormalizeMeanVariance(FeaturesColumn, maximumExampleCount: long.MaxValue, fixZero: false);
        var trainer = _mlContext.MulticlassClassification.Trainers.LbfgsMaximumEntropy(new LbfgsMaximumEntropyMulticlassTrainer.Options
        {
            LabelColumnName = LabelColumn,
            FeatureColumnName = FeaturesColumn,
            L1Regularization = 0,
            L2Regularization = l2Regularization,
            NumberOfThreads = 1,
        });
        NormalizingTransformer normalization = normalizer.Fit(data);
        MulticlassPredictionTransformer<MaximumEntropyModelParameters> prediction = trainer.Fit(normalization.Transform(data));
        ITransformer labels = _mlContext.Transforms.Conversion.MapKeyToValue(PredictedLabelColumn).Fit(prediction.Transform(normalization.Transform(data)));
        return new FittedHead([normalization, prediction, labels], Fold(normalization, prediction.Model));
    }

    /// <summary>A head whose weights are known already, on features as they are.</summary>
    /// <exception cref="NotSupportedException">This version of ML.NET doesn't let its model be made of weights.</exception>
    public FittedHead Take(LinearHead weights)
    {
        float[] ones = [.. Enumerable.Repeat(1f, weights.Dimension)];
        IDataView data = CreateView([new float[weights.Dimension], ones], [0, 0], CancellationToken.None);

        // A saved chain's graph gives vectors of (1, dimension), and a normaliser makes plain ones of them. This one,
        // between 0 and 1, changes nothing.
        ITransformer plain = _mlContext.Transforms.NormalizeMinMax(FeaturesColumn, fixZero: true).Fit(data);
        ITransformer prediction = KnownMaximumEntropy.Create(_mlContext, weights, data.Schema, FeaturesColumn, LabelColumn);
        ITransformer labels = _mlContext.Transforms.Conversion.MapKeyToValue(PredictedLabelColumn).Fit(prediction.Transform(data));
        return new FittedHead([plain, prediction, labels], weights);
    }

    private static LinearHead Fold(NormalizingTransformer normalization, MaximumEntropyModelParameters model)
    {
        var affine = (NormalizingTransformer.AffineNormalizerModelParameters<ImmutableArray<float>>)normalization.GetNormalizerModelParameters(0);
        VBuffer<float>[] weights = null!;
        model.GetWeights(ref weights, out int classes);
        int dimension = affine.Scale.Length;
        float[] folded = new float[classes * dimension];
        float[] biases = [.. model.GetBiases()];
        float[] row = new float[dimension];
        for (int k = 0; k < classes; k++)
        {
            weights[k].CopyTo(row);
            double shift = 0;
            for (int i = 0; i < dimension; i++)
            {
                folded[k * dimension + i] = row[i] * affine.Scale[i];

                // Without an offset ML.NET leaves the array empty.
                shift += affine.Offset.IsDefaultOrEmpty ? 0 : (double)row[i] * affine.Scale[i] * affine.Offset[i];
            }

            biases[k] = (float)(biases[k] - shift);
        }

        return new LinearHead(folded, biases);
    }

    // ML.NET's fits can't be cancelled, but each pass of theirs reads these rows.
    private IDataView CreateView(IReadOnlyList<float[]> features, IReadOnlyList<int> classes, CancellationToken cancellationToken)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Features)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features[0].Length);
        IDataView rows = _mlContext.Data.LoadFromEnumerable(features.Select((vector, i) =>
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new Row { Features = vector, Label = _labels[classes[i]] };
        }), schema);

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
