using System.Globalization;
using System.IO.Compression;
using System.Text.Json;
using VggTransfer.Images;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Parity.Images;
using VggTransfer.Training;
using TrainingBatch = VggTransfer.Keras.Data.Batch;

namespace VggTransfer.Parity.Keras;

/// <summary>
/// The notebook's network at full size. Its weights are random, so that only their distribution, the first loss and the
/// first steps' size can be compared.
/// </summary>
public static class NotebookParity
{
    private const string FileName = "notebook.json";
    private const string ArchiveName = "cifar10-test.zip";
    private const int Side = 32;
    private const double L2Factor = 5e-4;

    // Of the sum of squares of a kernel: one in two million lies beyond by chance.
    private const double Deviations = 5;

    // Keras's own first losses of 6 seeds lie 0.003 apart.
    private const double LossTolerance = 0.004;

    // 0, 64 and so on: a pool, a convolution's filters.
    private static readonly int[] s_channels = [64, 64, 0, 128, 128, 0, 256, 256, 256, 0, 512, 512, 512, 0, 512, 512, 512];

    public static IEnumerable<ParityCase> Check(string folder) => KerasParity.WithFile(folder, FileName, root =>
    {
        string[] images = [.. root.GetProperty("images").EnumerateArray().Select(image => image.GetString()!)];
        string? archive = PhotoSource.FindAbove(folder, ArchiveName);
        TrainingBatch batch = archive is null ? Others(folder, images.Length) : Read(archive, images);
        return root.GetProperty("runs").EnumerateArray().Select(run =>
        {
            string name = $"{FileName} {run.Text("name")}";
            return ParityCase.Run(name, () => CheckRun(name, run, batch, isKerasBatch: archive is not null));
        });
    });

    /// <summary>The notebook's network, compiled.</summary>
    public static Sequential Create(Optimizer optimizer, bool penalised, int seed)
    {
        var model = new Sequential { new Input((Side, Side, 3)) };
        foreach (int channels in s_channels)
        {
            model.Add(channels == 0 ? new MaxPooling2D() : new Conv2D(channels, (3, 3), padding: "same", activation: "relu", kernelRegularizer: penalised ? new L2(L2Factor) : null));
        }

        model.Add(new Flatten());
        model.Add(new Dense(4096, "relu"));
        model.Add(new Dropout(0.5));
        model.Add(new Dense(4096, "relu"));
        model.Add(new Dropout(0.5));
        model.Add(new Dense(10));
        model.Execution = new ExecutionOptions { Device = "cpu", Seed = seed };
        model.Compile(optimizer, new CategoricalCrossentropy(fromLogits: true), ["accuracy"]);
        return model;
    }

    // Other pictures give the same first loss, before anything is learned; but their classes are uneven, which is learned at once.
    private static TrainingBatch Others(string folder, int count)
    {
        TrainingBatch[] batches = [.. GoldenBatches.Open(folder).Training(rows: true, weighted: false, Precision.Float32)];
        float[] pixels = [.. batches.SelectMany(item => item.X.ToSingles())], targets = [.. batches.SelectMany(item => item.Y!.ToSingles())];
        return new TrainingBatch(
            NDArray.From(Repeated(pixels, count * Side * Side * 3), count, Side, Side, 3),
            NDArray.From(Repeated(targets, count * Cifar10.ClassNames.Count), count, Cifar10.ClassNames.Count));

        static float[] Repeated(float[] values, int length) => [.. Enumerable.Range(0, length).Select(i => values[i % values.Length])];
    }

    private static TrainingBatch Read(string archive, string[] images)
    {
        using ZipArchive zip = ZipFile.OpenRead(archive);
        float[] pixels = new float[images.Length * Side * Side * 3], targets = new float[images.Length * Cifar10.ClassNames.Count];
        foreach ((int i, string image) in images.Index())
        {
            ZipArchiveEntry entry = zip.GetEntry(image) ?? throw new InvalidDataException($"'{archive}' has no {image}.");
            using var bytes = new MemoryStream();
            using Stream stream = entry.Open();
            stream.CopyTo(bytes);
            Array.ConvertAll(ImageDecoder.Decode(bytes.ToArray(), image).Pixels.ToArray(), value => value / 255f).CopyTo(pixels, i * Side * Side * 3);
            targets[(i * Cifar10.ClassNames.Count) + Cifar10.ClassNames.Index().First(pair => pair.Item == image.Split('/')[0]).Index] = 1;
        }

        return new TrainingBatch(NDArray.From(pixels, images.Length, Side, Side, 3), NDArray.From(targets, images.Length, Cifar10.ClassNames.Count));
    }

    private static ParityCase CheckRun(string name, JsonElement run, TrainingBatch batch, bool isKerasBatch)
    {
        JsonElement sgd = run.GetProperty("sgd");
        var optimizer = new SGD(sgd.Number("learning_rate")!.Value, sgd.Number("momentum") ?? 0, sgd.Get("nesterov")?.GetBoolean() ?? false);
        using Sequential model = Create(optimizer, run.GetProperty("l2_on_conv_kernels").GetBoolean(), (int)(run.Number("seed") ?? 0));
        List<string> faults = [], details = [];
        if (model.ParameterCount != run.Number("parameters"))
        {
            faults.Add($"{model.ParameterCount} parameters instead of {run.Number("parameters")}");
        }

        double deviation = run.GetProperty("kernel_square_sums").EnumerateObject().Max(kernel => Deviation(model, kernel, faults));
        StepResult tested = model.CompiledNetwork.Test(batch);
        Compare("first loss", tested.Loss, run.Number("test_loss_without_dropout"), LossTolerance);
        Compare("penalty", tested.RegularizationLoss, run.Number("initial_regularization_loss"), LossTolerance);
        if (isKerasBatch)
        {
            CheckSteps(model, run, batch, faults, details);
        }
        else
        {
            details.Add($"no steps, for which {ArchiveName} is needed in a folder 'data' above the goldens or the program");
        }

        details.Insert(0, string.Create(CultureInfo.InvariantCulture, $"kernels within {deviation:F1} standard deviations"));
        return new ParityCase(name, faults.Count == 0, string.Join(", ", details) + (faults.Count == 0 ? "" : $": {string.Join("; ", faults)}"));

        void Compare(string what, double actual, double? expected, double tolerance)
        {
            details.Add(string.Create(CultureInfo.InvariantCulture, $"{what} {actual:F4} ({expected:F4})"));
            if (!(Math.Abs(actual - (expected ?? double.NaN)) <= tolerance))
            {
                faults.Add($"the {what} is more than {tolerance.ToString(CultureInfo.InvariantCulture)} off");
            }
        }
    }

    // Uniform values in -L to L: their squares have the mean L^2/3 and the variance 4 L^4/45. The golden itself must fit, too.
    private static double Deviation(Sequential model, JsonProperty kernel, List<string> faults)
    {
        NDArray values = model.Network.GetVariable(kernel.Name);
        double fans = values.Shape is [int height, int width, int inputs, int outputs] ? height * width * (inputs + outputs) : values.Shape[0] + values.Shape[1];
        double square = 6 / fans;
        double expected = values.Count * square / 3, standard = square * Math.Sqrt(4.0 / 45 * values.Count);
        double off = Math.Abs(values.ToDoubles().Sum(value => value * value) - expected) / standard;
        if (!(off <= Deviations) || !(Math.Abs(kernel.Value.ToNumber() - expected) / standard <= Deviations))
        {
            faults.Add($"the squares of {kernel.Name} are {off:F1} standard deviations off");
        }

        return off;
    }

    // Other weights and other dropout: the losses fall by as much, not to the digit.
    private static void CheckSteps(Sequential model, JsonElement run, TrainingBatch batch, List<string> faults, List<string> details)
    {
        double[] expected = [.. run.GetProperty("train_steps_loss_accuracy").EnumerateArray().Select(step => step[0].ToNumber())];
        if (expected.Length == 0)
        {
            return;
        }

        double[] losses = [.. expected.Select(_ => model.CompiledNetwork.Train(batch, null).Loss)];
        double fall = losses[0] - losses[^1], goldenFall = expected[0] - expected[^1];
        details.Add(string.Create(CultureInfo.InvariantCulture, $"{losses.Length} step{(losses.Length == 1 ? "" : "s")} from {losses[0]:F4} to {losses[^1]:F4} ({expected[0]:F4} to {expected[^1]:F4})"));
        if (!(Math.Abs(losses[0] - expected[0]) <= LossTolerance) || !(fall >= 0.5 * goldenFall && fall <= 2 * goldenFall))
        {
            faults.Add("the loss falls otherwise");
        }
    }
}
