using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli.Pages;

/// <summary>The reports in a browser. Oracle: axe's rules for WCAG 2.1 AA.</summary>
[Collection(CliTests.Name)]
public sealed class ReportsInBrowserTests(CliFixture fixture)
{
    [Theory]
    [InlineData("evaluate", "model.zip", "test-photos")]
    [InlineData("check", "photos")]
    [InlineData("similar", "photos", "--query", "test-photos/circles/00.png")]
    public async Task A_report_is_readable_in_every_theme_and_width(params string[] arguments)
    {
        await using Chromium browser = await Chromium.LaunchAsync();
        string report = Path.Combine(fixture.Folder, $"in-browser-{arguments[0]}.html");
        CommandLineResult result = CommandLineProcess.Run(fixture.Folder, [.. arguments, "--report", report]);
        Assert.True(result.ExitCode == 0, result.Error);

        await browser.InEveryFormAsync(new Uri(report).AbsoluteUri, Chromium.AssertReadableAsync);
    }
}
