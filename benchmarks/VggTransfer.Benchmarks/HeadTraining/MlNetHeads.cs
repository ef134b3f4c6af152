using System.Diagnostics;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Trainers;
using Microsoft.ML.Trainers.LightGbm;
using Microsoft.ML.Transforms;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>ML.NET's trainers behind its own standardisation.</summary>
internal static class MlNetHeads
{
    private const string Raw = "Raw";
    private const string Features = "Features";
    private const string Label = "Label";

    public static HeadResult Lbfgs(HeadData data, double l2) => Train(data, l2, ml => ml.MulticlassClassification.Trainers.LbfgsMaximumEntropy(
        new LbfgsMaximumEntropyMulticlassTrainer.Options { L1Regularization = 0, L2Regularization = (float)l2, NumberOfThreads = 1, LabelColumnName = Label, FeatureColumnName = Features }));

    public static HeadResult Sdca(HeadData data, double l2) => Train(data, l2, ml => ml.MulticlassClassification.Trainers.SdcaMaximumEntropy(
        new SdcaMaximumEntropyMulticlassTrainer.Options { L1Regularization = 0, L2Regularization = (float)(l2 / data.Training.Length), LabelColumnName = Label, FeatureColumnName = Features }));

    /// <summary>Trees: nothing to compare a loss with.</summary>
    public static HeadResult LightGbm(HeadData data) =>
        Train(data, l2: null, ml => ml.MulticlassClassification.Trainers.LightGbm(new LightGbmMulticlassTrainer.Options { LabelColumnName = Label, FeatureColumnName = Features }));

    private static HeadResult Train<TModel>(HeadData data, double? l2, Func<MLContext, ITrainerEstimator<MulticlassPredictionTransformer<TModel>, TModel>> create)
        where TModel : class
    {
        var ml = new MLContext(1);
        IDataView training = View(ml, data.Training, data.Labels, data.Classes);
        IDataView test = View(ml, data.Test, data.Truth, data.Classes);
        var clock = Stopwatch.StartNew();
        NormalizingTransformer normalization = ml.Transforms.NormalizeMeanVariance(Features, Raw, maximumExampleCount: long.MaxValue, fixZero: false).Fit(training);
        IDataView standardized = normalization.Transform(training);
        MulticlassPredictionTransformer<TModel> model = create(ml).Fit(standardized);
        double seconds = clock.Elapsed.TotalSeconds;
        MulticlassClassificationMetrics metrics = ml.MulticlassClassification.Evaluate(model.Transform(normalization.Transform(test)), Label);
        double loss = double.NaN;
        if (l2 is { } strength && model.Model is LinearMulticlassModelParametersBase linear)
        {
            VBuffer<float>[] weights = [];
            linear.GetWeights(ref weights, out _);
            double squares = weights.Sum(row => row.DenseValues().Sum(value => (double)value * value));
            double sum = model.Transform(standardized).GetColumn<float[]>("Score").Zip(data.Labels, (scores, label) => -Math.Log(Math.Max(scores[label], float.Epsilon))).Sum();
            loss = sum + (strength / 2 * squares);
        }

        return new HeadResult(seconds, loss, metrics.MicroAccuracy);
    }

    private static IDataView View(MLContext ml, float[][] features, int[] labels, int classes)
    {
        var schema = SchemaDefinition.Create(typeof(Row));
        schema[nameof(Row.Raw)].ColumnType = new VectorDataViewType(NumberDataViewType.Single, features[0].Length);
        schema[nameof(Row.Label)].ColumnType = new KeyDataViewType(typeof(uint), classes);
        return ml.Data.LoadFromEnumerable(features.Select((vector, i) => new Row { Raw = vector, Label = (uint)labels[i] }).ToArray(), schema);
    }

    private sealed class Row
    {
        public float[] Raw { get; set; } = [];

        /// <summary>From 0 on: ML.NET itself adds the 1 that its keys begin with.</summary>
        public uint Label { get; set; }
    }
}
