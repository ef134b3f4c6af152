using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Keras.Callbacks;
using VggTransfer.Tests.Keras.Data;

namespace VggTransfer.Tests.Keras.Models;

/// <summary>
/// A training of milliseconds in which everything has a memory: momentum, dropout, batch norm, a shuffled order, callbacks
/// that count, files that grow.
/// </summary>
internal sealed class SmallTraining : IDisposable
{
    public const int SampleCount = 26;
    public const int BatchSize = 6;
    public const int StepsPerEpoch = 5;
    public const int Epochs = 4;

    private static readonly string[] s_runs = ["train", "validation"];

    // In memory where the system has that: a thousand checkpoints, each waited for until it is on disk, take minutes.
    private readonly TemporaryFolder _folder = new(Directory.Exists("/dev/shm") ? "/dev/shm" : null);

    public string Backup => _folder.File("backup");

    public string Checkpoint => Path.Combine(Backup, "training.safetensors");

    public List<string> Warnings { get; } = [];

    public static (NDArray X, NDArray Y) Arrays { get; } = CreateData();

    /// <summary>Runs it, or goes on with it.</summary>
    /// <param name="saveFreq">When it is saved.</param>
    /// <param name="disturbance">A callback that stands first or last.</param>
    /// <param name="disturbsFirst">Whether it stands first.</param>
    /// <param name="optimizer">SGD with momentum, if left out.</param>
    /// <param name="fit">How it is run; null for arrays.</param>
    /// <param name="deleteCheckpoint">Whether the checkpoint goes in the end.</param>
    /// <param name="epochs">How many.</param>
    /// <param name="stopsEarly">Whether early stopping has no patience.</param>
    /// <param name="cancellation">Cancels it.</param>
    public Outcome Run(
        Frequency saveFreq,
        Callback? disturbance = null,
        bool disturbsFirst = false,
        Optimizer? optimizer = null,
        Func<Sequential, IReadOnlyList<Callback>, CancellationToken, History>? fit = null,
        bool deleteCheckpoint = true,
        int epochs = Epochs,
        bool stopsEarly = false,
        CancellationTokenSource? cancellation = null)
    {
        using Sequential model = CreateModel();
        model.Warning = Warnings.Add;
        model.Compile(optimizer ?? new SGD(0.05, momentum: 0.9, nesterov: true), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
        var stopping = new EarlyStopping("loss", patience: stopsEarly ? 0 : 3, minDelta: stopsEarly ? 100 : 0, restoreBestWeights: true);
        List<Callback> callbacks =
        [
            .. model.Optimizer.HasSchedule ? (Callback[])[] : [new LearningRateScheduler((epoch, rate) => rate * 0.9), new ReduceLROnPlateau("loss", factor: 0.5, patience: 1, minDelta: 0.2)],
            stopping,
            new BackupAndRestore(Backup, saveFreq, deleteCheckpoint),
            new CSVLogger(_folder.File("log.csv")),
            new TensorBoard(_folder.File("logs"), histogramFreq: 2, updateFreq: 2),
            new ModelCheckpoint(_folder.File("saved-{epoch}-{batch}.safetensors"), saveFreq: 3, saveWeightsOnly: true),
        ];
        if (disturbance is not null)
        {
            callbacks.Insert(disturbsFirst ? 0 : callbacks.Count, disturbance);
        }

        fit ??= (trained, list, token) => trained.Fit(
            Arrays.X, Arrays.Y, BatchSize, epochs, Verbosity.Silent, list, validationData: Arrays, validationFreq: 2, cancellationToken: token);
        History history = fit(model, callbacks, cancellation?.Token ?? TestContext.Current.CancellationToken);
        return new Outcome(
            string.Join('\n', model.WeightNames.Select(name => $"{name} {Convert.ToHexString(model.GetWeight(name).ToSingles().SelectMany(BitConverter.GetBytes).ToArray())}")),
            $"{string.Join(",", history.Epochs)} {string.Join("; ", history.Select(pair => $"{pair.Key}: {string.Join(", ", pair.Value.Select(value => value.ToString("R", null)))}"))}",
            File.ReadAllText(_folder.File("log.csv")),
            string.Join('\n', s_runs.SelectMany(run => EventFileReader.ReadFolder(Path.Combine(_folder.File("logs"), run)))),
            string.Join(' ', Directory.EnumerateFiles(_folder.Path, "saved-*").Order(StringComparer.Ordinal).Select(file => $"{Path.GetFileName(file)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(file)))}")),
            model.Optimizer.LearningRate,
            stopping.StoppedEpoch);
    }

    public static Sequential CreateModel() => new()
    {
        new Input([4]),
        new Dense(8),
        new BatchNormalization(),
        new ReLU(),
        new Dropout(0.3),
        new Dense(3),
    };

    public void Dispose() => _folder.Dispose();

    private static (NDArray X, NDArray Y) CreateData()
    {
        var random = new Random(5);
        int[] classes = [.. Enumerable.Range(0, SampleCount).Select(_ => random.Next(3))];
        return (NDArray.From([.. classes.SelectMany(label => Enumerable.Range(0, 4).Select(i => (float)(random.NextDouble() + (i == label ? 0.5 : 0))))], SampleCount, 4), NDArray.From(classes, SampleCount));
    }

    /// <summary>All that a training leaves behind.</summary>
    internal sealed record Outcome(string Weights, string History, string Log, string Events, string Files, double LearningRate, int StoppedEpoch);
}
