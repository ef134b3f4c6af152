// Makes pretrained/vgg16-cifar10.safetensors: trains a narrow VGG16 with batch norm on all 50,000 training images of
// CIFAR-10, judges it on the 10,000 test images, and writes its weights in half precision. With START it goes on from
// weights that it wrote before. With "average" the rate stays up in the end, and the mean over the ends of the epochs is written
// (Izmailov and others, Averaging Weights Leads to Wider Optima, 2018). With "mean" nothing is trained, and the mean of several
// files is written. Killed and started again with the same arguments, it goes on where it was.
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using VggTransfer.Architectures;
using VggTransfer.Augmentation;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Schedules;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;
using VggTransfer.Training;
using VggTransfer.Weights;

const int Seed = 1, BatchSize = 128, WarmupEpochs = 3, StatisticsSteps = 120;
const double LastShareOfAverages = 0.25;
bool takesMean = args.Length > 4 && args[2] == "mean";
int epochs = 0;
double highestRate = 0;
if (!takesMean
    && (args.Length is < 4 or > 6
        || !int.TryParse(args[2], NumberStyles.None, CultureInfo.InvariantCulture, out epochs) || epochs <= WarmupEpochs
        || !double.TryParse(args[3], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out highestRate)
        || (args.Length == 6 && args[5] != "average")))
{
    Console.Error.WriteLine($"""
        Usage: TrainPretrained FOLDER-OF-CIFAR10 OUT.safetensors EPOCHS RATE [START.safetensors [average]]
               TrainPretrained FOLDER-OF-CIFAR10 OUT.safetensors mean A.safetensors B.safetensors...
        There must be more than {WarmupEpochs} epochs.
        """);
    return 2;
}

string output = args[1];
string[] starts = takesMean ? args[3..] : args.Length > 4 ? [args[4]] : [];
bool averages = args.Length == 6 && !takesMean;

var clock = Stopwatch.StartNew();
((NDArray X, NDArray Y) train, (NDArray X, NDArray Y) test) = Cifar10.LoadData(args[0]);
int steps = (train.X.Length + BatchSize - 1) / BatchSize;

var architecture = new VggArchitecture { BatchNorm = true, BatchNormEpsilon = 1e-3, WidthMultiplier = 0.375, InputSize = 32, Classes = 10, DenseUnits = 256, Dropout = 0.3 };
using Model model = Create(Precision.BFloat16);
model.Summary();
if (starts.Length > 0)
{
    model.LoadWeights(Mean(starts));
}

Console.WriteLine($"{model.Device}; {train.X.Length} training images, {test.X.Length} test images");

Dataset training = Dataset.FromTensorSlices(train.X, train.Y)
    .Shuffle(train.X.Length, Seed)
    .Batch(BatchSize)
    .Augment(new ImageAugmentation { CropPadding = 4, HorizontalFlip = true, Cutout = 8 }, Seed)
    .Map((x, y) => (x / 255f, y));
if (!takesMean)
{
    var rate = new CosineDecay(highestRate / 20, steps * (epochs - WarmupEpochs), averages ? LastShareOfAverages : 0, highestRate, steps * WarmupEpochs);
    model.Compile(new SGD(rate, momentum: 0.9, nesterov: true), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
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
}

if (averages || takesMean)
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
    Changes = $"{(takesMean ? "the mean of" : $"seed {Seed}, {epochs} epochs{(averages ? ", their ends averaged" : "")}")}{(starts.Length == 0 ? "" : $"{(takesMean ? "" : ", after")} {string.Join(", ", starts.Select(Path.GetFileName))}")}, by tools/TrainPretrained; converted to float16",
});
WeightsFile.Write(trained, output, new WeightsWriteOptions { Storage = TensorType.Float16 });
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"time    {clock.Elapsed:h\\:mm\\:ss}"));
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes   {new FileInfo(output).Length}"));
Console.WriteLine($"sha256  {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(output)))}");

// What counts is what the file says, not the weights in memory: they are rounded.
using VggModel written = WeightsFile.Read(output).Model;
using Model judged = Create(Precision.Float32);
judged.LoadWeights(written);
judged.Compile(new SGD(0.0), new SparseCategoricalCrossentropy(fromLogits: true), ["accuracy"]);
Logs rounded = judged.Evaluate(test.X / 255f, test.Y, BatchSize, Verbosity.Silent);
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"test    accuracy {rounded["accuracy"]:0.0000}, loss with penalties {rounded["loss"]:0.0000}"));
return 0;

static Model Create(Precision precision)
{
    var architecture = new VggArchitecture { BatchNorm = true, BatchNormEpsilon = 1e-3, WidthMultiplier = 0.375, InputSize = 32, Classes = 10, DenseUnits = 256, Dropout = 0.3 };
    Model model = Applications.Vgg(architecture, new VggModelOptions { KernelInitializer = "he_normal", ConvolutionRegularizer = new L2(2.5e-4), BatchNormMomentum = 0.9 });
    model.Execution = new ExecutionOptions { Device = "cpu", Precision = precision, Seed = Seed };
    return model;
}

static VggModel Mean(IReadOnlyList<string> paths)
{
    VggModel[] models = [.. paths.Select(path => WeightsFile.Read(path).Model)];
    return new VggModel(models[0].Architecture, models[0].Tensors.Values.Select(tensor =>
    {
        float[][] values = [.. models.Select(model => model.Tensors[tensor.Name].ToSingles())];
        return ModelTensor.FromFloat32(tensor.Name, tensor.Shape, [.. Enumerable.Range(0, values[0].Length).Select(i => values.Average(array => array[i]))]);
    }));
}
