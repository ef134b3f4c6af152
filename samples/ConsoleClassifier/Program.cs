// Classifies images and prints a line for each: dotnet run -- photo.jpg other.png
using VggTransfer.Classification;

// Another model than the one beside the program: dotnet run -- --model FILE photo.jpg
string model = Path.Combine(AppContext.BaseDirectory, "model.zip");
string[] images = args;
if (args is ["--model", string file, .. string[] rest])
{
    (model, images) = (file, rest);
}

if (images.Length == 0)
{
    Console.Error.WriteLine("Name one or more images: dotnet run -- photo.jpg");
    return 2;
}

if (!File.Exists(model))
{
    Console.Error.WriteLine($"There is no model '{model}'. Make one (vggtransfer train photos --output model.zip) and put it beside the project file, or name it with --model.");
    return 2;
}

// One object for the whole program. It is safe to use from any number of threads.
using ImageClassifier classifier = ImageClassifier.Load(model);
int unreadable = 0;
foreach (ImagePrediction prediction in classifier.ClassifyAll(images))
{
    if (prediction.Error is { } error)
    {
        Console.Error.WriteLine(error);
        unreadable++;
    }
    else if (prediction.IsUnknown)
    {
        Console.WriteLine($"{prediction.Name}: none of the known classes (nearest is {prediction.Label})");
    }
    else
    {
        Console.WriteLine($"{prediction.Name}: {prediction.Label} ({prediction.Probability:P1})");
    }
}

return unreadable == 0 ? 0 : 1;
