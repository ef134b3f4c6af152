using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Keras.Models;

namespace VggTransfer.Tests.Keras.Callbacks;

/// <summary>The oracle for the layout is tf_keras 2.21's callback, for the bytes the published formats.</summary>
public class TensorBoardTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public void Figures_of_epochs_and_evaluations_are_where_Keras_puts_them()
    {
        using var folder = new TemporaryFolder();
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(6);
        History history = model.Fit(
            x, y, batchSize: 2, epochs: 2, verbose: Verbosity.Silent, callbacks: [new LearningRateScheduler(_ => 0.5), new TensorBoard(folder.Path)], validationData: (x, y), cancellationToken: Token);
        Assert.Equal(
            ["epoch_loss@0", "epoch_accuracy@0", "epoch_lr@0", "epoch_loss@1", "epoch_accuracy@1", "epoch_lr@1"],
            Names(folder, "train"));
        Assert.Equal(
            [
                "evaluation_loss_vs_iterations@3", "evaluation_accuracy_vs_iterations@3", "epoch_loss@0", "epoch_accuracy@0",
                "evaluation_loss_vs_iterations@6", "evaluation_accuracy_vs_iterations@6", "epoch_loss@1", "epoch_accuracy@1",
            ],
            Names(folder, "validation"));
        IReadOnlyList<ReadSummary> training = EventFileReader.ReadFolder(folder.File("train"));
        Assert.Equal(history["loss"].Select(loss => (float)loss), training.Where(summary => summary.Tag == "epoch_loss").Select(summary => summary.Scalar));
        Assert.All(training, summary => Assert.Equal(("scalars", 1, 0), (summary.Plugin, summary.DataType, summary.Shape.Length)));
        Assert.Equal(0.5f, training.First(summary => summary.Tag == "epoch_lr").Scalar);
    }

    [Fact]
    public void Running_figures_are_written_every_so_many_steps_counted_over_all_epochs()
    {
        using var folder = new TemporaryFolder();
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(6);
        model.Fit(x, y, batchSize: 2, epochs: 2, verbose: Verbosity.Silent, callbacks: [new TensorBoard(folder.Path, updateFreq: 2)], cancellationToken: Token);
        Assert.Equal(["batch_loss@2", "batch_accuracy@2", "batch_loss@4", "batch_accuracy@4", "batch_loss@6", "batch_accuracy@6"], Names(folder, "train").Where(name => name.StartsWith("batch", StringComparison.Ordinal)));
    }

    [Fact]
    public void The_rate_of_a_schedule_and_the_spread_of_weights_are_written()
    {
        using var folder = new TemporaryFolder();
        using Sequential model = Numbered.Model(new SGD(new ExponentialDecay(0.5, 1, 0.5)));
        (NDArray x, NDArray y) = Numbered.Samples(4);
        model.Fit(x, y, verbose: Verbosity.Silent, callbacks: [new TensorBoard(folder.Path, histogramFreq: 1)], cancellationToken: Token);
        IReadOnlyList<ReadSummary> training = EventFileReader.ReadFolder(folder.File("train"));
        Assert.Equal(0.25f, training.Single(summary => summary.Tag == "epoch_learning_rate").Scalar);
        ReadSummary kernel = training.Single(summary => summary.Tag == "dense/kernel_0/histogram");
        Assert.Equal(("histograms", 2), (kernel.Plugin, kernel.DataType));
        Assert.Equal([30, 3], kernel.Shape);
        double[] rows = [.. kernel.Content.Chunk(8).Select(bytes => BitConverter.ToDouble(bytes))];
        float[] weights = model.GetWeight("dense/kernel").ToSingles();
        Assert.Equal(weights.Min(), rows[0], 1e-12);
        Assert.Equal(weights.Max(), rows[^2], 1e-12);
        Assert.Equal(2, rows.Where((_, i) => i % 3 == 2).Sum());
    }

    [Fact]
    public void An_evaluation_alone_writes_its_figures()
    {
        using var folder = new TemporaryFolder();
        using Sequential model = Numbered.Model();
        (NDArray x, NDArray y) = Numbered.Samples(4);
        Logs logs = model.Evaluate(x, y, verbose: Verbosity.Silent, callbacks: [new TensorBoard(folder.Path)], cancellationToken: Token);
        Assert.Equal(["evaluation_loss_vs_iterations@0", "evaluation_accuracy_vs_iterations@0"], Names(folder, "validation"));
        Assert.Equal((float)logs["loss"], EventFileReader.ReadFolder(folder.File("validation"))[0].Scalar);
        Assert.False(Directory.Exists(folder.File("train")));
    }

    private static string[] Names(TemporaryFolder folder, string run) => [.. EventFileReader.ReadFolder(folder.File(run)).Select(summary => $"{summary.Tag}@{summary.Step}")];
}
