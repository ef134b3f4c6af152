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

    private string RunOnTerminal(string environment, params string[] arguments)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux() && File.Exists("/usr/bin/script"), "needs /usr/bin/script of util-linux");
        string log = Path.Combine(fixture.Folder, "terminal.log");
        string command = string.Join(' ', arguments.Prepend($"env -u NO_COLOR TERM=xterm-256color {environment} dotnet '{CommandLineProcess.AssemblyPath}'"));
        CommandLineProcess.RunInShell(fixture.Folder, $"script -qec \"{command}\" {log} < /dev/null > /dev/null");
        return File.ReadAllText(log);
    }
}
