using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace VggTransfer.Hosting;

/// <summary>
/// Whether a registered classifier can classify: healthy; degraded where the model file was replaced by one that can't be used
/// and the model before it stays in use; unhealthy where none can be loaded.
/// </summary>
public sealed class ImageClassifierHealthCheck : IHealthCheck
{
    private readonly ReloadingImageClassifier _classifier;

    private ImageClassifierHealthCheck(ReloadingImageClassifier classifier) => _classifier = classifier;

    /// <summary>What <c>services.AddHealthChecks().Add(...)</c> takes.</summary>
    /// <param name="classifier">The classifier's name; null for the one without.</param>
    /// <param name="tags">Tags by which checks are chosen; may be null.</param>
    public static HealthCheckRegistration Registration(string? classifier = null, IEnumerable<string>? tags = null) => new(
        classifier is null ? "image classifier" : $"image classifier {classifier}",
        provider => new ImageClassifierHealthCheck(provider.GetRequiredKeyedService<ReloadingImageClassifier>(classifier ?? Options.DefaultName)),
        HealthStatus.Unhealthy,
        tags);

    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await Task.Run(_classifier.Load, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, e.Message, e);
        }

        var data = new Dictionary<string, object>
        {
            ["model"] = _classifier.ModelPath,
            ["loadedAt"] = _classifier.LoadedAt!.Value,
            ["classes"] = _classifier.Description.Labels.Count,
            ["validationAccuracy"] = _classifier.Description.ValidationAccuracy,
        };
        return _classifier.Refusal is { } refusal
            ? HealthCheckResult.Degraded($"The model loaded at {_classifier.LoadedAt:u} stays in use: {refusal}", data: data)
            : HealthCheckResult.Healthy($"{_classifier.Description.Labels.Count} classes, loaded at {_classifier.LoadedAt:u}.", data);
    }
}
