// Makes pretrained/vgg16-cifar10.safetensors: trains a narrow VGG16 with batch norm on all 50,000 training images of
// CIFAR-10, judges it on the 10,000 test images, and writes its weights in half precision. With START it goes on from
// weights that it wrote before. With "average" the rate stays up in the end, and the mean over the ends of the epochs is written
// (Izmailov and others, Averaging Weights Leads to Wider Optima, 2018). Killed and started again with the same arguments, it
// goes on where it was.
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using VggTransfer.Architectures;
using VggTransfer.Images;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Engine;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;
using VggTransfer.Safetensors;

const int Seed = 1, BatchSize = 128, WarmupEpochs = 3, StatisticsSteps = 100;
const double LastShareOfAverages = 0.25;
if (args.Length is < 4 or > 6
    || !int.TryParse(args[2], NumberStyles.None, CultureInfo.InvariantCulture, out int epochs) || epochs <= WarmupEpochs
    || !double.TryParse(args[3], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double highestRate)
    || (args.Length == 6 && args[5] != "average"))
{
    Console.Error.WriteLine($"Usage: TrainPretrained FOLDER-OF-CIFAR10 OUT.safetensors EPOCHS RATE [START.safetensors [average]]; there must be more than {WarmupEpochs} epochs.");
    return 2;
}

string output = args[1];
string? start = args.Length > 4 ? args[4] : null;
bool averages = args.Length == 6;

var clock = Stopwatch.StartNew();
((NDArray X, NDArray Y) train, (NDArray X, NDArray Y) test) = Cifar10.LoadData(args[0]);
int steps = (train.X.Length + BatchSize - 1) / BatchSize;

var architecture = new VggArchitecture { BatchNorm = true, BatchNormEpsilon = 1e-3, WidthMultiplier = 0.375, InputSize = 32, Classes = 10, DenseUnits = 256, Dropout = 0.3 };
using Model model = Applications.Vgg(architecture, new VggModelOptions { KernelInitializer = "he_normal", ConvolutionRegularizer = new L2(2.5e-4), BatchNormMomentum = 0.9 });
model.Execution = new ExecutionOptions { Device = "cpu", Precision = Precision.BFloat16, Seed = Seed };
model.Summary();
model.Compile(
    new SGD(new CosineDecay(highestRate / 20, steps * (epochs - WarmupEpochs), averages ? LastShareOfAverages : 0, highestRate, steps * WarmupEpochs), momentum: 0.9, nesterov: true),
    new SparseCategoricalCrossentropy(fromLogits: true),
    ["accuracy"]);
if (start is not null)
{
    using VggModel begun = SafetensorsModelReader.Read(start);
    model.LoadWeights(begun);
}

Console.WriteLine($"{model.Device}; {train.X.Length} training images, {test.X.Length} test images");

Dataset training = Dataset.FromTensorSlices(train.X, train.Y)
    .Shuffle(train.X.Length, Seed)
    .Batch(BatchSize)
    .Augment(new ImageAugmentation { CropPadding = 4, HorizontalFlip = true, Cutout = 8 }, Seed)
    .Map((x, y) => (x / 255f, y));
model.Fit(
    training,
    epochs,
    Verbosity.OneLine,
    [
        .. averages ? [new StochasticWeightAveraging(WarmupEpochs)] : Array.Empty<Callback>(),
        new CSVLogger(Path.ChangeExtension(output, ".csv")),
        new BackupAndRestore(output + ".checkpoint"),
    ],
    validationData: Dataset.FromTensorSlices(test.X, test.Y).Batch(BatchSize).Map((x, y) => (x / 255f, y)));
if (averages)
{
    // The statistics of averaged weights aren't the average of the statistics: a rate of 0 measures them and changes nothing else.
    model.Compile(new SGD(0.0), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
    model.Fit(training.Take(StatisticsSteps), verbose: Verbosity.OneLine);
}

using VggModel trained = model.ToVggModel(PreprocessingFamily.ZeroToOne, Cifar10.ClassNames, new ModelProvenance
{
    Name = Path.GetFileNameWithoutExtension(output),
    Authors = "The VggTransfer authors",
    Licence = "MIT",
    TrainedOn = "CIFAR-10, the 50,000 training images (Alex Krizhevsky, 2009)",
    Changes = $"trained from scratch by tools/TrainPretrained: seed {Seed}, {epochs} epochs{(start is null ? "" : $" after those of {Path.GetFileName(start)}")}; converted to float16",
});
SafetensorsModelWriter.Write(trained, output, TensorType.Float16);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"time    {clock.Elapsed:h\\:mm\\:ss}"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes   {new FileInfo(output).Length}"));
Console.WriteLine($"sha256  {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(output)))}");

// What counts is what the file says, not the weights in memory: they are rounded.
using VggModel written = SafetensorsModelReader.Read(output);
model.LoadWeights(written);
Logs rounded = model.Evaluate(test.X / 255f, test.Y, BatchSize, Verbosity.Silent);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"test    accuracy {rounded["accuracy"]:0.0000}, loss with penalties {rounded["loss"]:0.0000}"));
return 0;
