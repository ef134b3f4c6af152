using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Hosting;
using VggTransfer.Serving;
using VggTransfer.Tests.Classification;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Hosting;

/// <summary>Classifiers as services, in a real host.</summary>
public sealed class ImageClassifierServicesTests : IDisposable
{
    /// <summary>Two models that are told apart by their number of classes, 3 and 2.</summary>
    private static readonly Lazy<(byte[] Three, byte[] Two)> s_models = new(() =>
    {
        using var folder = new TemporaryFolder();
        ClassifierFixture.Draw(folder);
        byte[] Train()
        {
            using TrainedImageClassifier trained = ImageClassifierTrainer.Train(ImageFolder.Open(folder.Path), ClassifierFixture.Options);
            using var other = new TemporaryFolder();
            trained.Save(other.File("model.zip"));
            return File.ReadAllBytes(other.File("model.zip"));
        }

        byte[] three = Train();
        Directory.Delete(folder.File("blue"), recursive: true);
        return (three, Train());
    });

    private readonly TemporaryFolder _folder = new();
    private readonly string _image;

    public ImageClassifierServicesTests()
    {
        _image = _folder.AddClass("red", 1, colour: 0)[0];
        Replace(s_models.Value.Three);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string ModelPath => _folder.File("model.zip");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_host_loads_the_classifier_and_frees_it()
    {
        IImageClassifier classifier;
        using (IHost host = Build(services => services.AddVggImageClassifier(options => options.ModelPath = ModelPath)))
        {
            await host.StartAsync(Cancellation);
            classifier = host.Services.GetRequiredService<IImageClassifier>();
            ImagePrediction prediction = await classifier.ClassifyAsync(_image, Cancellation);
            Assert.Equal("red", prediction.Label);
            Assert.Equal(prediction.Classes, classifier.ClassifyAll([_image], Cancellation).Single().Classes);
            Assert.Equal(prediction.Classes, (await classifier.ClassifyAllAsync(new[] { _image }.ToAsyncEnumerable(), Cancellation).SingleAsync(Cancellation)).Classes);
            await host.StopAsync(Cancellation);
        }

        Assert.Throws<ObjectDisposedException>(() => classifier.Classify(_image));
    }

    [Fact]
    public void Options_come_from_configuration_and_several_classifiers_have_names()
    {
        string other = _folder.File("other.zip");
        File.WriteAllBytes(other, s_models.Value.Two);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Animals:ModelPath"] = other,
            ["Animals:ReloadInterval"] = "00:01:00",
            ["Animals:Running:Threads"] = "1",
            ["Animals:Running:Timeout"] = "00:00:30",
            ["Animals:Running:MicroBatching:MaxBatchSize"] = "4",
            ["Animals:Running:MicroBatching:WhenFull"] = "Reject",
        }).Build();
        using IHost host = Build(services =>
        {
            services.AddSingleton<IConfiguration>(configuration);
            services.AddVggImageClassifier(options => options.ModelPath = ModelPath);
            services.AddVggImageClassifier("animals").BindConfiguration("Animals");
        });

        ImageClassifierServiceOptions options = host.Services.GetRequiredService<IOptionsMonitor<ImageClassifierServiceOptions>>().Get("animals");
        Assert.Equal(TimeSpan.FromMinutes(1), options.ReloadInterval);
        Assert.Equal((1, TimeSpan.FromSeconds(30), 32 << 20), (options.Running.Threads, options.Running.Timeout, options.Running.MaxBytes));
        Assert.Equal(new MicroBatchingOptions { MaxBatchSize = 4, WhenFull = QueueFullBehavior.Reject }, options.Running.MicroBatching);
        Assert.Equal(3, host.Services.GetRequiredService<IImageClassifier>().Description.Labels.Count);
        Assert.Equal(2, host.Services.GetRequiredKeyedService<IImageClassifier>("animals").Description.Labels.Count);
    }

    [Fact]
    public async Task What_can_t_work_fails_at_the_start_in_a_sentence()
    {
        using IHost nameless = Build(services => services.AddVggImageClassifier());
        using IHost missing = Build(services => services.AddVggImageClassifier(options => options.ModelPath = _folder.File("missing.zip")));
        using IHost hasty = Build(services => services.AddVggImageClassifier("x", options =>
        {
            options.ModelPath = ModelPath;
            options.Running = options.Running with { BatchSize = 0 };
        }));

        Assert.Contains("ModelPath is empty", (await Assert.ThrowsAsync<OptionsValidationException>(() => nameless.StartAsync(Cancellation))).Message, StringComparison.Ordinal);
        Assert.Contains("missing.zip", (await Assert.ThrowsAsync<FileNotFoundException>(() => missing.StartAsync(Cancellation))).Message, StringComparison.Ordinal);
        Assert.Contains("'x' can't be set up: BatchSize is 0", (await Assert.ThrowsAsync<OptionsValidationException>(() => hasty.StartAsync(Cancellation))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_new_model_takes_over_and_a_broken_one_does_not()
    {
        var log = new Log();
        using IHost host = Build(services =>
        {
            services.AddLogging(logging => logging.ClearProviders().AddProvider(log));
            services.AddVggImageClassifier(options =>
            {
                options.ModelPath = ModelPath;
                options.ReloadInterval = TimeSpan.FromMilliseconds(20);
            });
            services.AddHealthChecks().Add(ImageClassifierHealthCheck.Registration());
        });
        await host.StartAsync(Cancellation);
        IImageClassifier classifier = host.Services.GetRequiredService<IImageClassifier>();
        HealthCheckService health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(Cancellation)).Status);

        Replace(s_models.Value.Two);
        await Eventually(() => classifier.Description.Labels.Count == 2);
        Replace(s_models.Value.Three[..^100]);
        await Eventually(() => log.Lines.Any(line => line.Contains("can't be used", StringComparison.Ordinal)));

        Assert.Equal("red", classifier.Classify(_image).Label);
        Assert.Equal(2, classifier.Description.Labels.Count);
        HealthReportEntry degraded = (await health.CheckHealthAsync(Cancellation)).Entries["image classifier"];
        Assert.Equal(HealthStatus.Degraded, degraded.Status);
        Assert.Contains("stays in use", degraded.Description, StringComparison.Ordinal);

        Replace(s_models.Value.Three);
        await Eventually(() => classifier.Description.Labels.Count == 3);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(Cancellation)).Status);
        await host.StopAsync(Cancellation);
        Assert.Contains(log.Lines, line => line.StartsWith("image classifier: loaded", StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_call_fails_while_models_change()
    {
        await using var classifier = new ReloadingImageClassifier("", new ImageClassifierServiceOptions
        {
            ModelPath = ModelPath,
            ReloadInterval = TimeSpan.FromMilliseconds(5),
        }, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        classifier.Load();
        int changes = 0;
        Task[] callers = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            while (Volatile.Read(ref changes) < 4)
            {
                Assert.Equal("red", classifier.Classify(_image).Label);
            }
        }, Cancellation))];

        while (changes < 4)
        {
            int classes = classifier.Description.Labels.Count;
            Replace(classes == 3 ? s_models.Value.Two : s_models.Value.Three);
            await Eventually(() => classifier.Description.Labels.Count != classes || callers.Any(caller => caller.IsFaulted));
            changes++;
        }

        await Task.WhenAll(callers);
    }

    [Fact]
    public async Task Without_a_model_the_health_check_says_so()
    {
        using IHost host = Build(services =>
        {
            services.AddVggImageClassifier("pets", options => options.ModelPath = _folder.File("missing.zip"));
            services.AddHealthChecks().Add(ImageClassifierHealthCheck.Registration("pets", ["ready"]));
        });

        HealthReportEntry entry = (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Cancellation)).Entries["image classifier pets"];

        Assert.Equal(HealthStatus.Unhealthy, entry.Status);
        Assert.Contains("missing.zip", entry.Description, StringComparison.Ordinal);
        Assert.Equal(["ready"], entry.Tags);
    }

    [Fact]
    public void A_stamp_follows_links_and_notices_changes()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there");
        Directory.CreateDirectory(_folder.File("v1"));
        Directory.CreateDirectory(_folder.File("v2"));
        File.Copy(ModelPath, _folder.File("v1/model.zip"));
        File.Copy(ModelPath, _folder.File("v2/model.zip"));
        Directory.CreateSymbolicLink(_folder.File("data"), _folder.File("v1"));
        File.CreateSymbolicLink(_folder.File("linked.zip"), Path.Combine("data", "model.zip"));
        FileStamp? first = FileStamp.Of(_folder.File("linked.zip"));

        Assert.Equal(first, FileStamp.Of(_folder.File("linked.zip")));
        Directory.Delete(_folder.File("data"));
        Assert.Null(FileStamp.Of(_folder.File("linked.zip")));
        Directory.CreateSymbolicLink(_folder.File("data"), _folder.File("v2"));

        Assert.NotEqual(first, FileStamp.Of(_folder.File("linked.zip")));
        Assert.EndsWith(Path.Combine("v2", "model.zip"), FileStamp.Of(_folder.File("linked.zip"))!.Target, StringComparison.Ordinal);
    }

    private static IHost Build(Action<IServiceCollection> configure)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        configure(builder.Services);
        return builder.Build();
    }

    /// <summary>As a careful deployment does: a new file beside the old one, then a rename.</summary>
    private void Replace(byte[] model)
    {
        File.WriteAllBytes(ModelPath + ".new", model);
        File.Move(ModelPath + ".new", ModelPath, overwrite: true);
    }

    private static async Task Eventually(Func<bool> condition)
    {
        for (int wait = 0; !condition(); wait++)
        {
            Assert.True(wait < 3000, "it didn't happen within half a minute");
            await Task.Delay(10, Cancellation);
        }
    }

    private sealed class Log : ILoggerProvider, ILogger
    {
        private readonly Lock _lock = new();
        private readonly List<string> _lines = [];

        public string[] Lines
        {
            get
            {
                lock (_lock)
                {
                    return [.. _lines];
                }
            }
        }

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (_lock)
            {
                _lines.Add(formatter(state, exception));
            }
        }

        public void Dispose()
        {
        }
    }
}
