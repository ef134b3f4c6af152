using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace VggTransfer.Keras.MlNet;

/// <summary>
/// The environment behind <c>mlContext.MulticlassClassification.Trainers</c>: it has the seed and the log of the user's
/// <see cref="MLContext"/>. ML.NET keeps the way to it to its own assemblies.
/// </summary>
internal static class CatalogEnvironment
{
    private const string Catalog = "Microsoft.ML.Data.IInternalCatalog";
    private const string Environment = "Microsoft.ML.Runtime.IHostEnvironmentInternal";

    /// <exception cref="NotSupportedException">This version of ML.NET hides it elsewhere.</exception>
    public static IHostEnvironment Of(object catalog) =>
        catalog.GetType().GetInterface(Catalog)?.GetProperty("Environment")?.GetValue(catalog) as IHostEnvironment
        ?? throw new NotSupportedException($"ML.NET {typeof(MLContext).Assembly.GetName().Version} keeps the context of its trainers in another place than 5.0.1; use Microsoft.ML 5.0.1 for fine-tuning in a pipeline.");

    /// <summary>The seed that an <see cref="MLContext"/> was made with; null for none.</summary>
    public static int? SeedOf(IHostEnvironment environment) =>
        environment.GetType().GetInterface(Environment)?.GetProperty("Seed")?.GetValue(environment) as int?;
}
