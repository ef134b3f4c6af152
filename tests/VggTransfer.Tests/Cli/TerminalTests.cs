namespace VggTransfer.Tests.Cli;

/// <summary>On a terminal, which util-linux's <c>script</c> provides.</summary>
[Collection(CliTests.Name)]
public sealed class TerminalTests(CliFixture fixture)
{
    // Colours and other looks end in m. .NET itself says ESC [ ? 1 h to any terminal that takes it.
    private const string Look = "\u001b\\[[0-9;]*m";

    [Fact]
    public void A_terminal_gets_colours_and_a_moving_bar()
    {
        string shown = RunOnTerminal("LANG=C.UTF-8", "features", "photos", "-o", "terminal.csv", "--input-size", "64");
        Assert.Matches(Look, shown);
        Assert.Contains("24/24 images", shown, StringComparison.Ordinal);
        Assert.Contains("24 rows of 512 features", shown, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NO_COLOR=1")]
    [InlineData("TERM=dumb")]
    public void A_terminal_that_wants_no_colours_gets_none_and_no_bar(string environment)
    {
        string shown = RunOnTerminal(environment, "features", "photos", "-o", "terminal.csv", "--input-size", "32");
        Assert.DoesNotMatch(Look, shown);
        Assert.Contains("Extracting features: 24/24 images", shown, StringComparison.Ordinal);
    }

    [Fact]
    public void A_narrow_terminal_tears_no_number_apart()
    {
        string shown = RunOnNarrowTerminal(60, "evaluate", "model.zip", "test-photos");
        Assert.Matches("Accuracy \\(top-1\\).*[0-9]+\\.[0-9] %", shown);
        Assert.Matches("Log-loss.*[0-9]\\.[0-9]{4}", shown);
    }

    [Fact]
    public void A_narrow_terminal_gets_the_names_of_published_weights_whole()
    {
        string shown = RunOnNarrowTerminal(80, "weights", "list");
        Assert.Contains("vgg16-imagenet-torchvision", shown, StringComparison.Ordinal);
        Assert.DoesNotContain("Licence  ", shown, StringComparison.Ordinal);
        Assert.Contains("--json shows licence", shown, StringComparison.Ordinal);
    }

    private string RunOnNarrowTerminal(int columns, params string[] arguments) => Run($"stty cols {columns};", "LANG=C.UTF-8", arguments);

    private string RunOnTerminal(string environment, params string[] arguments) => Run("", environment, arguments);

    private string Run(string before, string environment, string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "needs /usr/bin/script of util-linux");
        string log = Path.Combine(fixture.Folder, "terminal.log");
        string command = string.Join(' ', arguments.Prepend($"{before} env -u NO_COLOR TERM=xterm-256color {environment} dotnet '{CommandLineProcess.AssemblyPath}'"));
        CommandLineProcess.RunInShell(fixture.Folder, $"script -qec \"{command}\" {log} < /dev/null > /dev/null");
        return File.ReadAllText(log);
    }
}
