using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using VggTransfer.Classification;

namespace VggTransfer.Hosting;

/// <summary>Registers classifiers as services.</summary>
public static class ImageClassifierServices
{
    /// <summary>
    /// Registers a classifier as the singleton <see cref="IImageClassifier"/>. It is loaded when the host starts (an application
    /// without host: at its first use), and again whenever its model file has been replaced.
    /// </summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; null where they are bound or configured otherwise.</param>
    /// <returns>The options, to bind them to configuration: <c>.BindConfiguration("Classifier")</c>.</returns>
    public static OptionsBuilder<ImageClassifierServiceOptions> AddVggImageClassifier(this IServiceCollection services, Action<ImageClassifierServiceOptions>? configure = null) =>
        AddVggImageClassifier(services, Options.DefaultName, configure);

    /// <summary>Registers one of several classifiers, to be asked for by its name: <c>[FromKeyedServices("name")] IImageClassifier</c>.</summary>
    /// <param name="services">The services.</param>
    /// <param name="name">Its name, also that of its options.</param>
    /// <param name="configure">Sets the options; null where they are bound or configured otherwise.</param>
    /// <returns>The options, to bind them to configuration.</returns>
    public static OptionsBuilder<ImageClassifierServiceOptions> AddVggImageClassifier(this IServiceCollection services, string name, Action<ImageClassifierServiceOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(name);
        if (!services.Any(service => service.IsKeyedService && service.ServiceType == typeof(ReloadingImageClassifier) && name.Equals(service.ServiceKey)))
        {
            services.AddKeyedSingleton(name, (provider, _) => new ReloadingImageClassifier(
                name,
                provider.GetRequiredService<IOptionsMonitor<ImageClassifierServiceOptions>>().Get(name),
                (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<ImageClassifier>()));
            services.AddKeyedSingleton<IImageClassifier>(name, (provider, _) => provider.GetRequiredKeyedService<ReloadingImageClassifier>(name));
            services.AddSingleton<IHostedService>(provider => new LoadAtStart(provider.GetRequiredKeyedService<ReloadingImageClassifier>(name)));
            if (name == Options.DefaultName)
            {
                services.AddSingleton<IImageClassifier>(provider => provider.GetRequiredKeyedService<ReloadingImageClassifier>(name));
            }

            services.AddSingleton<IValidateOptions<ImageClassifierServiceOptions>>(new Validation(name));
        }

        OptionsBuilder<ImageClassifierServiceOptions> options = services.AddOptions<ImageClassifierServiceOptions>(name).ValidateOnStart();
        return configure is null ? options : options.Configure(configure);
    }

    private sealed class Validation(string optionsName) : IValidateOptions<ImageClassifierServiceOptions>
    {
        public ValidateOptionsResult Validate(string? name, ImageClassifierServiceOptions options) =>
            name != optionsName ? ValidateOptionsResult.Skip
            : options.FindFault() is { } fault ? ValidateOptionsResult.Fail($"The image classifier{(optionsName.Length == 0 ? "" : $" '{optionsName}'")} can't be set up: {fault}")
            : ValidateOptionsResult.Success;
    }

    /// <summary>An application whose model is missing shall fail when it starts, not at its first request.</summary>
    private sealed class LoadAtStart(ReloadingImageClassifier classifier) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Task.Run(classifier.Load, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
