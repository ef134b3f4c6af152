using System.Reflection;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace VggTransfer.FineTuning;

/// <summary>
/// The environment behind <c>mlContext.MulticlassClassification.Trainers</c>: it has the seed and the log of the user's
/// <see cref="MLContext"/>. ML.NET keeps the way to it to its own assemblies.
/// </summary>
internal static class CatalogEnvironment
{
    private const string Catalog = "Microsoft.ML.Data.IInternalCatalog";
    private const string Environment = "Microsoft.ML.Runtime.IHostEnvironmentInternal";

    /// <exception cref="NotSupportedException">This version of ML.NET hides it elsewhere.</exception>
    public static IHostEnvironment Of(object catalog) => Property(catalog, Catalog, "Environment").GetValue(catalog) as IHostEnvironment ?? throw Elsewhere("the context of its trainers");

    /// <summary>The seed that an <see cref="MLContext"/> was made with; null for none.</summary>
    /// <exception cref="NotSupportedException">This version of ML.NET hides it elsewhere: better no training than one whose seed counts for nothing.</exception>
    public static int? SeedOf(IHostEnvironment environment) => (int?)Property(environment, Environment, "Seed").GetValue(environment);

    private static PropertyInfo Property(object of, string interfaceName, string name) =>
        of.GetType().GetInterface(interfaceName)?.GetProperty(name) ?? throw Elsewhere($"its {name.ToLowerInvariant()}");

    private static NotSupportedException Elsewhere(string what) =>
        new($"ML.NET {typeof(MLContext).Assembly.GetName().Version} keeps {what} in another place than 5.0.1; use Microsoft.ML 5.0.1 for fine-tuning in a pipeline.");
}
