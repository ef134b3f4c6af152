using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace VggTransfer.Keras.MlNet;

/// <summary>
/// The environment behind <c>mlContext.MulticlassClassification.Trainers</c>: it has the seed and the log of the user's
/// <see cref="MLContext"/>. ML.NET keeps the way to it to its own assemblies.
/// </summary>
internal static class CatalogEnvironment
{
    private const string Interface = "Microsoft.ML.Data.IInternalCatalog";
    private const string Property = "Environment";

    /// <exception cref="NotSupportedException">This version of ML.NET hides it elsewhere.</exception>
    public static IHostEnvironment Of(object catalog) =>
        catalog.GetType().GetInterface(Interface)?.GetProperty(Property)?.GetValue(catalog) as IHostEnvironment
        ?? throw new NotSupportedException($"ML.NET {typeof(MLContext).Assembly.GetName().Version} keeps the context of its trainers in another place than 5.0.1; use Microsoft.ML 5.0.1 for fine-tuning in a pipeline.");
}
