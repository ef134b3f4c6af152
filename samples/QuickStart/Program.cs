// From a folder of images to a saved classifier. Without arguments it draws a small folder of its own;
// give it a folder with one subfolder for each class to use your own: dotnet run --project samples/QuickStart -- PHOTOS
using QuickStart;
using VggTransfer.Classification;
using VggTransfer.Datasets;

string output = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "vggtransfer-quickstart")).FullName;
string photos = args.Length > 0 ? args[0] : DrawnShapes.Draw(Path.Combine(output, "shapes"), imagesPerClass: 32);
ImageFolder folder = ImageFolder.Open(photos);
Console.WriteLine($"{folder.Images.Count} images in {folder.Classes.Count} classes: {string.Join(", ", folder.Classes)}");

// Train: the frozen VGG16 yields features, cross-validation chooses which, a logistic regression learns the classes.
using TrainedImageClassifier trained = ImageClassifierTrainer.Train(folder, progress: new ConsoleProgress());
Console.WriteLine($"Features: {trained.Description.Layer} at {trained.Description.InputSize} x {trained.Description.InputSize} pixels");

// Evaluate: on the fifth of the images that the head hasn't seen.
Console.WriteLine($"Accuracy on {trained.Validation.Count} images kept for validation: {trained.Validation.Accuracy:P1}");
foreach (ClassMetrics metrics in trained.Validation.PerClass)
{
    Console.WriteLine($"  {metrics.Label,-12} precision {metrics.Precision:P0}, recall {metrics.Recall:P0}");
}

// Save: an ordinary ML.NET model file.
string model = Path.Combine(output, "model.zip");
trained.Save(model);

// Predict: from any thread, with the file just written.
using ImageClassifier classifier = ImageClassifier.Load(model);
ImagePrediction prediction = classifier.Classify(folder.Images[0].Path);
Console.WriteLine($"{Path.GetRelativePath(output, prediction.Name)}: {prediction.Label} ({prediction.Probability:P1})");

Console.WriteLine($"""

    The model is {model}. What to do next:
      your own photos     dotnet run --project samples/QuickStart -- FOLDER   (one subfolder for each class)
      the command line    dotnet run --project src/VggTransfer.Cli -- predict {model} {folder.Images[^1].Path}
      in ML.NET           mlContext.Model.Load("{model}", out _)   (README.md, "In ML.NET")
    """);
