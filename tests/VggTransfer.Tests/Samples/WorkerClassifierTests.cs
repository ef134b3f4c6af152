using System.Text.Json;
using SkiaSharp;
using VggTransfer.Classification;
using VggTransfer.Tests.Cli;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Images;

namespace VggTransfer.Tests.Samples;

/// <summary>The worker sample as a process, with a folder of its own. Oracle: <see cref="ImageClassifier"/> in this process.</summary>
[Collection(CliTests.Name)]
public sealed class WorkerClassifierTests(CliFixture fixture)
{
    [Theory]
    [InlineData("out.jsonl")]
    [InlineData("out.csv")]
    public async Task What_appears_in_the_folder_is_classified_once_also_over_a_restart(string output)
    {
        using var folder = new TemporaryFolder();
        string inbox = Directory.CreateDirectory(folder.File("inbox")).FullName;
        string results = folder.File(output);
        File.Copy(Path.Combine(fixture.TestPhotos, "circles", "00.png"), Path.Combine(inbox, "first, \"old\".png"));
        await File.WriteAllTextAsync(Path.Combine(inbox, "broken.png"), "no picture", TestContext.Current.CancellationToken);

        using (SKBitmap noise = SampleImages.Draw(DrawnPhotos.Size, DrawnPhotos.Size, seed: 1))
        {
            await File.WriteAllBytesAsync(Path.Combine(inbox, "stranger.png"), SampleImages.Encode(noise, SKEncodedImageFormat.Png), TestContext.Current.CancellationToken);
        }

        using (SampleProcess worker = Start(folder, output))
        {
            await LinesAsync(results, 3);
            Directory.CreateDirectory(Path.Combine(inbox, "sub"));
            File.Copy(Path.Combine(fixture.TestPhotos, "stripes", "00.png"), Path.Combine(inbox, "sub", "second.png"));
            await LinesAsync(results, 4);
            Assert.Equal(0, worker.Stop());
        }

        // A kill in the middle of a line.
        await File.AppendAllTextAsync(results, "{\"file\":\"third", TestContext.Current.CancellationToken);
        using (SampleProcess worker = Start(folder, output))
        {
            worker.WaitFor("4 files are done already");
            File.Copy(Path.Combine(fixture.TestPhotos, "[red]", "00.png"), Path.Combine(inbox, "third.png"));
            string[] lines = await LinesAsync(results, 5);
            Assert.Equal(0, worker.Stop());

            Assert.Contains("no picture", await File.ReadAllTextAsync(Path.Combine(inbox, "broken.png"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
            Assert.Contains("circles", Assert.Single(lines, line => line.Contains("first", StringComparison.Ordinal)), StringComparison.Ordinal);
            Assert.Contains("stripes", Assert.Single(lines, line => line.Contains("sub/second.png", StringComparison.Ordinal)), StringComparison.Ordinal);
            Assert.Contains("[red]", Assert.Single(lines, line => line.Contains("third.png", StringComparison.Ordinal)), StringComparison.Ordinal);
            string stranger = Assert.Single(lines, line => line.Contains("stranger.png", StringComparison.Ordinal));
            Assert.DoesNotContain(DrawnPhotos.Classes, label => stranger.Contains(label, StringComparison.Ordinal));
            string broken = Assert.Single(lines, line => line.Contains("broken.png", StringComparison.Ordinal));
            if (output.EndsWith(".jsonl", StringComparison.Ordinal))
            {
                Assert.NotEqual("", JsonDocument.Parse(broken).RootElement.GetProperty("error").GetString());
                using ImageClassifier classifier = ImageClassifier.Load(fixture.Model);
                double expected = classifier.Classify(Path.Combine(inbox, "third.png")).Probability;
                Assert.Equal(expected, JsonDocument.Parse(lines[^1]).RootElement.GetProperty("probability").GetDouble(), 1e-6);
            }
        }
    }

    private SampleProcess Start(TemporaryFolder folder, string output) => SampleProcess.Start(
        "WorkerClassifier", folder.Path, "--Classifier:ModelPath", fixture.Model, "--Watch:Folder", "inbox", "--Watch:Output", output, "--Watch:SettleSeconds", "0.1", "--Watch:RescanSeconds", "1");

    /// <summary>The results, without the header, once there are as many.</summary>
    private static async Task<string[]> LinesAsync(string path, int count)
    {
        for (int i = 0; i < 600; i++)
        {
            if (File.Exists(path))
            {
                await using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                using var reader = new StreamReader(stream);
                string[] lines = [.. (await reader.ReadToEndAsync(TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(line => !line.StartsWith("file,", StringComparison.Ordinal))];
                if (lines.Length >= count)
                {
                    Assert.Equal(count, lines.Length);
                    return lines;
                }
            }

            await Task.Delay(100, TestContext.Current.CancellationToken);
        }

        throw new InvalidOperationException($"There were never {count} results.");
    }
}
