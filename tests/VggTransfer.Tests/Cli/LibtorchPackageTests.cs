using VggTransfer.Cli;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Training;

namespace VggTransfer.Tests.Cli;

public sealed class LibtorchPackageTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void What_is_there_is_not_fetched()
    {
        File.WriteAllBytes(_folder.File(TorchLocations.FileName("torch_cpu")), []);
        Create(name => name == TorchLocations.Variable ? _folder.Path : null, "no-such-command").Ensure(offline: true, _said.Add, TestContext.Current.CancellationToken);
        Assert.Empty(_said);
    }

    [Fact]
    public void Offline_refuses_and_says_what_to_do()
    {
        TrainingEngineNotFoundException exception = Assert.Throws<TrainingEngineNotFoundException>(() => Create(Nothing, "no-such-command").Ensure(offline: true, _said.Add, TestContext.Current.CancellationToken));
        Assert.Contains("--offline forbids to fetch it", exception.Message, StringComparison.Ordinal);
        Assert.Contains(TorchLocations.Variable, exception.Message, StringComparison.Ordinal);
        Assert.Empty(_said);
    }

    [Fact]
    public void Without_the_dotnet_command_it_says_so()
    {
        TrainingEngineNotFoundException exception = Assert.Throws<TrainingEngineNotFoundException>(() => Create(Nothing, "no-such-command").Ensure(offline: false, _said.Add, TestContext.Current.CancellationToken));
        Assert.Contains("install the .NET SDK", exception.Message, StringComparison.Ordinal);
        Assert.Contains("MB", Assert.Single(_said), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("echo '/tmp/fetch.csproj : error NU1301: Unable to load the service index for source https://example.org. [/tmp/fetch.csproj]'; exit 1", "NU1301: Unable to load the service index for source https://example.org.")]
    [InlineData("exit 3", "failed without a word")]
    [InlineData("exit 0", "but not into")]
    public void What_NuGet_says_is_passed_on(string script, string expected)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in is a shell script");
        string command = _folder.File("dotnet");
        File.WriteAllText(command, "#!/bin/sh\n" + script + "\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        TrainingEngineNotFoundException exception = Assert.Throws<TrainingEngineNotFoundException>(() => Create(Nothing, command).Ensure(offline: false, _said.Add, TestContext.Current.CancellationToken));
        Assert.Contains(expected.TrimEnd('.'), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_package_is_asked_for_by_name_and_version_and_then_found()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "the stand-in is a shell script");
        string libraries = _folder.File($"packages/libtorch-cpu-{TorchLocations.RuntimeIdentifier}/{TorchLocations.LibtorchVersion}/runtimes/{TorchLocations.RuntimeIdentifier}/native");
        string command = _folder.File("dotnet");
        File.WriteAllText(command, $"#!/bin/sh\ncp \"$2\" '{_folder.File("asked.xml")}' && mkdir -p '{libraries}' && touch '{libraries}/{TorchLocations.FileName("torch_cpu")}'\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(command, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        Create(name => name == "NUGET_PACKAGES" ? _folder.File("packages") : null, command).Ensure(offline: false, _said.Add, TestContext.Current.CancellationToken);
        Assert.Contains($"<PackageDownload Include=\"libtorch-cpu-{TorchLocations.RuntimeIdentifier}\" Version=\"[{TorchLocations.LibtorchVersion}]\" />", File.ReadAllText(_folder.File("asked.xml")), StringComparison.Ordinal);
    }

    private string? Nothing(string variable) => variable == "NUGET_PACKAGES" ? _folder.File("no-packages") : null;

    private LibtorchPackage Create(Func<string, string?> environment, string dotnet) => new(new TorchLocations(environment, _folder.File("application")), dotnet);
}
