using Microsoft.Playwright;
using VggTransfer.Classification;
using VggTransfer.Tests.Cli;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Samples;

/// <summary>The web sample's page in a browser. Oracle: <see cref="ImageClassifier"/> in this process.</summary>
[Collection(CliTests.Name)]
public sealed class WebPageTests(CliFixture fixture)
{
    private const string Listening = "Now listening on: ";

    // What a browser does when files are dropped; a script can't drop real ones.
    private const string Drop = """
        ([name, content]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([Uint8Array.from(atob(content), c => c.charCodeAt(0))], name, { type: "image/png" }));
          document.getElementById("drop").dispatchEvent(new DragEvent("drop", { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }
        """;

    [Fact]
    public async Task Pictures_that_are_chosen_or_dropped_get_their_class_and_others_a_sentence()
    {
        await using Chromium browser = await Chromium.LaunchAsync();
        using SampleProcess service = Start(out string address);
        string chosen = Path.Combine(fixture.TestPhotos, "circles", "00.png"), dropped = Path.Combine(fixture.TestPhotos, "stripes", "01.png");

        await browser.InEveryFormAsync(address, async page =>
        {
            await Assertions.Expect(page.Locator("#about")).ToContainTextAsync($"The model knows {DrawnPhotos.Classes.Length} classes");
            await page.SetInputFilesAsync("#files", chosen);
            await Assertions.Expect(page.Locator("#results .label")).ToHaveCountAsync(1);
            await page.EvaluateAsync(Drop, new[] { Path.GetFileName(dropped), Convert.ToBase64String(await File.ReadAllBytesAsync(dropped, TestContext.Current.CancellationToken)) });

            // The newest stands first.
            await Assertions.Expect(page.Locator("#results .label")).ToHaveTextAsync([Shown(dropped), Shown(chosen)]);
            await Assertions.Expect(page.Locator("#status")).ToHaveTextAsync("1 picture classified.");
            await page.SetInputFilesAsync("#files", new FilePayload { Name = "notes.png", MimeType = "image/png", Buffer = "no picture"u8.ToArray() });
            await Assertions.Expect(page.Locator("#results .error")).ToContainTextAsync("'notes.png'");
            await Chromium.AssertReadableAsync(page);
        });
    }

    private string Shown(string path)
    {
        using ImageClassifier classifier = ImageClassifier.Load(fixture.Model);
        ImagePrediction prediction = classifier.Classify(path);
        return prediction.IsUnknown ? "none of the known classes" : prediction.Label!;
    }

    private SampleProcess Start(out string address)
    {
        SampleProcess process = SampleProcess.Start("WebClassifier", Path.Combine(Repository.Root, "samples", "WebClassifier"), "--urls", "http://127.0.0.1:0", "--Classifier:ModelPath", fixture.Model);
        string line = process.WaitFor(Listening);
        address = line[(line.IndexOf(Listening, StringComparison.Ordinal) + Listening.Length)..].Trim();
        return process;
    }
}
