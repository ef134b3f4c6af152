using System.Diagnostics;
using SkiaSharp;
using VggTransfer.Classification;
using VggTransfer.Tests.Cli;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Images;

namespace VggTransfer.Tests.Samples;

/// <summary>The console sample as a process. Oracle: <see cref="ImageClassifier"/> in this process.</summary>
[Collection(CliTests.Name)]
public sealed class ConsoleClassifierTests(CliFixture fixture)
{
    [Fact]
    public void It_prints_the_class_of_each_image_and_names_what_it_cannot_read()
    {
        string good = Path.Combine(fixture.TestPhotos, "circles", "00.png");
        string missing = Path.Combine(fixture.Folder, "missing.png");
        using ImageClassifier classifier = ImageClassifier.Load(fixture.Model);
        ImagePrediction expected = classifier.Classify(good);

        (int exitCode, string output, string error) = Run("--model", fixture.Model, good, missing);

        Assert.Equal(1, exitCode);
        Assert.Equal($"{good}: circles ({expected.Probability:P1})\n", output);
        Assert.Contains(missing, error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_picture_of_another_kind_is_none_of_the_classes()
    {
        // Noise: the photos are drawn in a few colours.
        using SKBitmap noise = SampleImages.Draw(DrawnPhotos.Size, DrawnPhotos.Size, seed: 1);
        string stranger = Path.Combine(fixture.Folder, "stranger.png");
        File.WriteAllBytes(stranger, SampleImages.Encode(noise, SKEncodedImageFormat.Png));

        (int exitCode, string output, _) = Run("--model", fixture.Model, stranger);

        Assert.Equal(0, exitCode);
        Assert.StartsWith($"{stranger}: none of the known classes (nearest is ", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_images_or_a_model_it_says_what_to_do()
    {
        Assert.Equal(2, Run().ExitCode);
        (int exitCode, _, string error) = Run("--model", "none.zip", "photo.jpg");
        Assert.Equal(2, exitCode);
        Assert.Contains("vggtransfer train", error, StringComparison.Ordinal);
    }

    private (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        using Process process = Process.Start(new ProcessStartInfo("dotnet", [Repository.Program("samples/ConsoleClassifier"), .. arguments])
        {
            WorkingDirectory = fixture.Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, error.GetAwaiter().GetResult());
    }
}
