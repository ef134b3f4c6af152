// The Keras notebook that trains VGG16 on CIFAR-10, line by line in C#.
//   dotnet run -c Release --project samples/NotebookVgg16 -- --data FOLDER-OF-cifar10-train.zip-AND-cifar10-test.zip
using NotebookVgg16;
using VggTransfer.Architectures;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Plots;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Keras.Vgg;
using VggTransfer.Training;

if (Arguments.Parse(args) is not { } options)
{
    return 2;
}

// The data: pixels divided by 255, labels as one-hot rows, batches of 128.
var ((xTrain, yTrain), (xTest, yTest)) = Cifar10.LoadData(options.Data);
Dataset trainDb = Dataset.FromTensorSlices(xTrain, yTrain.ToCategorical(10)).Map((x, y) => (x / 255, y)).Shuffle(50_000, seed: 1).Batch(128);
Dataset testDb = Dataset.FromTensorSlices(xTest, yTest.ToCategorical(10)).Map((x, y) => (x / 255, y)).Batch(128);
if (options.Steps is { } steps)
{
    trainDb = trainDb.Take(steps);
}

// The network: VGG16 without its fifth pool, which 32x32 pixels don't need.
using Model model = options.Variant == Variant.Plain
    ? new Sequential
    {
        new Conv2D(64, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4), inputShape: (32, 32, 3)),
        new Conv2D(64, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new MaxPooling2D((2, 2)),
        new Conv2D(128, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new Conv2D(128, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new MaxPooling2D((2, 2)),
        new Conv2D(256, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new Conv2D(256, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new Conv2D(256, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new MaxPooling2D((2, 2)),
        new Conv2D(512, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new Conv2D(512, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new Conv2D(512, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new MaxPooling2D((2, 2)),
        new Conv2D(512, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new Conv2D(512, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new Conv2D(512, (3, 3), activation: "relu", padding: "same", kernelRegularizer: new L2(5e-4)),
        new Flatten(),
        new Dense(4096, activation: "relu"),
        new Dropout(0.5),
        new Dense(4096, activation: "relu"),
        new Dropout(0.5),
        new Dense(10),
    }
    : Learning(options.Variant);
model.Execution = new ExecutionOptions { Seed = 1, Precision = options.Precision };
Console.WriteLine(model.Device);
model.Summary();

// The training.
const int EpochNum = 50;
var changeLr = new LearningRateScheduler(epoch => epoch < 0.4 * EpochNum ? 0.01 : epoch < 0.8 * EpochNum ? 0.001 : 0.0001);
model.Compile(
    optimizer: new SGD(learningRate: 0.01, momentum: 0.9, nesterov: true),
    loss: new CategoricalCrossentropy(fromLogits: true),
    metrics: ["accuracy"]);
List<Callback> callbacks = [changeLr];
if (options.Output is { } output)
{
    // Not in the notebook: a training that is killed goes on where it was when the same command is given again.
    Directory.CreateDirectory(output);
    callbacks.Add(new BackupAndRestore(Path.Combine(output, "backup"), saveFreq: 100, deleteCheckpoint: false));
    callbacks.Add(new CSVLogger(Path.Combine(output, "history.csv")));
}

try
{
    model.Fit(trainDb, epochs: options.Epochs, validationData: testDb, validationFreq: 2, callbacks: callbacks, cancellationToken: Arguments.Interruption);
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine(options.Output is null ? "Cancelled." : "Cancelled and saved; the same command goes on from here.");
    return 130;
}

if (options.Output is { } folder)
{
    model.SaveWeights(Path.Combine(folder, "weights.safetensors"));
    TrainingCurves.ReadCsv(Path.Combine(folder, "history.csv")).Save(Path.Combine(folder, "curves.svg"));
}

return 0;

// Sixteen layers that begin with Keras's own initial values learn nothing for long: each makes its output smaller. He's initial
// values, or batch norm, change that. The same network comes from the table of architectures, too.
static Model Learning(Variant variant) => Applications.Vgg(
    new VggArchitecture { InputSize = 32, Classes = 10, FifthPool = false, BatchNorm = variant == Variant.BatchNorm, BatchNormEpsilon = 1e-3 },
    new VggModelOptions { KernelInitializer = "he_normal", ConvolutionRegularizer = new L2(5e-4) });
