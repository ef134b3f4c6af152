using Deque.AxeCore.Commons;
using Deque.AxeCore.Playwright;
using Microsoft.Playwright;

namespace VggTransfer.Tests.Fixtures;

/// <summary>The Chromium that is installed, without a window. Tests that need it are skipped where there is none.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private static readonly string[] s_names = ["chromium", "chromium-browser", "google-chrome", "chrome.exe"];
    private static readonly string[] s_rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];

    /// <summary>How the browser notes that a service refused a picture, which is no error of the page.</summary>
    private const string Refused = "Failed to load resource: the server responded with a status of 422";

    /// <summary>Milliseconds for anything to happen: other tests may have the processors.</summary>
    private const float Patience = 120_000;

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    public static async Task<Chromium> LaunchAsync()
    {
        string? program = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .SelectMany(_ => s_names, Path.Combine).FirstOrDefault(File.Exists);
        Assert.SkipWhen(program is null, $"needs Chromium on the PATH, as one of {string.Join(", ", s_names)}");
        Assertions.SetDefaultExpectTimeout(Patience);
        IPlaywright playwright = await Playwright.CreateAsync();
        return new Chromium(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = program,
            ChromiumSandbox = false,
            Timeout = Patience,
            Args = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
        }));
    }

    /// <summary>Opens an address, in light and dark and as wide as a phone and a screen, and looks at each.</summary>
    public async Task InEveryFormAsync(string address, Func<IPage, Task> look)
    {
        foreach (ColorScheme scheme in new[] { ColorScheme.Light, ColorScheme.Dark })
        {
            foreach (int width in new[] { 400, 1600 })
            {
                await using IBrowserContext context = await _browser.NewContextAsync(new BrowserNewContextOptions { ColorScheme = scheme, ViewportSize = new ViewportSize { Width = width, Height = 900 } });
                context.SetDefaultTimeout(Patience);
                IPage page = await context.NewPageAsync();
                var errors = new List<string>();
                page.PageError += (_, error) => errors.Add(error);
                page.Console += (_, message) => errors.AddRange(message.Type == "error" && !message.Text.StartsWith(Refused, StringComparison.Ordinal) ? [message.Text] : Array.Empty<string>());
                await page.GotoAsync(address);
                await look(page);
                Assert.Empty(errors);
            }
        }
    }

    /// <summary>Nothing is wider than the page, and axe finds nothing against WCAG 2.1 AA, contrast included.</summary>
    public static async Task AssertReadableAsync(IPage page)
    {
        Assert.Equal(page.ViewportSize!.Width, await page.EvaluateAsync<int>("document.documentElement.scrollWidth"));
        AxeResult result = await page.RunAxe(new AxeRunOptions { RunOnly = new RunOnlyOptions { Type = "tag", Values = [.. s_rules] } });
        Assert.Empty(result.Violations.SelectMany(violation => violation.Nodes.Select(node => $"{violation.Id}: {violation.Help}: {node.Html}")));
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
