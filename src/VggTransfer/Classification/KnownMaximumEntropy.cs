using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Trainers;

namespace VggTransfer.Classification;

/// <summary>
/// ML.NET's multinomial logistic regression with given weights. ML.NET only makes it by training; its constructors, the
/// same since version 1.0, aren't public. They are needed when a model is saved, never when one is loaded.
/// </summary>
internal static class KnownMaximumEntropy
{
    private const BindingFlags Constructors = BindingFlags.Instance | BindingFlags.NonPublic | BindingFlags.Public;

    /// <param name="environment">ML.NET's context.</param>
    /// <param name="head">The weights.</param>
    /// <param name="schema">Has the features, and the label as a key of all classes.</param>
    /// <param name="featureColumn">The features' column.</param>
    /// <param name="labelColumn">The label's column.</param>
    /// <param name="predictedLabelColumn">The column of the predicted class that it gives, a key of the label's values.</param>
    /// <exception cref="NotSupportedException">This version of ML.NET has other constructors.</exception>
    public static ITransformer Create(
        IHostEnvironment environment, LinearHead head, DataViewSchema schema, string featureColumn, string labelColumn,
        string predictedLabelColumn = FittedHead.PredictedLabelColumn)
    {
        VBuffer<float>[] weights = [.. head.Weights.Chunk(head.Dimension).Select(row => new VBuffer<float>(row.Length, row))];
        object model = Invoke(
            typeof(MaximumEntropyModelParameters),
            [typeof(IHostEnvironment), typeof(VBuffer<float>[]), typeof(float[]), typeof(int), typeof(int), typeof(string[]), typeof(ModelStatisticsBase)],
            [environment, weights, head.Biases, head.Classes, head.Dimension, null, null]);
        return (ITransformer)Invoke(
            typeof(MulticlassPredictionTransformer<MaximumEntropyModelParameters>),
            [typeof(IHostEnvironment), typeof(MaximumEntropyModelParameters), typeof(DataViewSchema), typeof(string), typeof(string), typeof(string), typeof(string)],
            [environment, model, schema, featureColumn, labelColumn, "Score", predictedLabelColumn]);
    }

    private static object Invoke(Type type, Type[] parameters, object?[] arguments) =>
        type.GetConstructor(Constructors, parameters)?.Invoke(arguments)
        ?? throw new NotSupportedException($"ML.NET {type.Assembly.GetName().Version} makes its {type.Name} in another way than 5.0.1; use Microsoft.ML 5.0.1 to save this classifier.");
}
