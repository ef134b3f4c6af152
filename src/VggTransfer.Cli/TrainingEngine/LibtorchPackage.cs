using System.ComponentModel;
using System.Diagnostics;
using VggTransfer.Training;

namespace VggTransfer.Cli;

/// <summary>
/// libtorch, which trains and which nothing else needs: it is no part of the tool. It is used where it is found, and
/// otherwise fetched once by NuGet itself, from the user's own sources and with the user's own proxies and credentials.
/// </summary>
/// <param name="locations">Where it may lie.</param>
/// <param name="dotnet">The .NET command.</param>
internal sealed class LibtorchPackage(TorchLocations locations, string dotnet)
{
    /// <summary>By platform: megabytes to fetch, and megabytes on the disk.</summary>
    private static readonly Dictionary<string, (int Fetched, int Unpacked)> s_sizes = new(StringComparer.Ordinal)
    {
        ["linux-x64"] = (128, 600),
        ["win-x64"] = (80, 330),
        ["win-arm64"] = (80, 330),
        ["osx-arm64"] = (57, 290),
    };

    /// <summary>The usual places, and the .NET that runs the tool.</summary>
    public static LibtorchPackage Create() => new(
        new TorchLocations(Environment.GetEnvironmentVariable, AppContext.BaseDirectory),
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet");

    /// <summary>Makes sure that libtorch is there.</summary>
    /// <param name="offline">Whether nothing may be fetched.</param>
    /// <param name="announce">Told, in a sentence, what is fetched.</param>
    /// <param name="cancellationToken">Ends the fetching.</param>
    /// <exception cref="TrainingEngineNotFoundException">It isn't there and can't be fetched; the message says what to do.</exception>
    public void Ensure(bool offline, Action<string> announce, CancellationToken cancellationToken)
    {
        if (IsThere())
        {
            return;
        }

        string platform = TorchLocations.RuntimeIdentifier;
        if (!s_sizes.TryGetValue(platform, out (int Fetched, int Unpacked) size))
        {
            throw new TrainingEngineNotFoundException($"There is no package of libtorch {TorchLocations.LibtorchVersion} for {platform}. Set {TorchLocations.Variable} to a folder with {TorchLocations.FileName("torch_cpu")}.");
        }

        string package = $"libtorch-cpu-{platform}";
        string byHand = $"set {TorchLocations.Variable} to a folder with {TorchLocations.FileName("torch_cpu")} of libtorch {TorchLocations.LibtorchVersion}";
        if (offline)
        {
            throw new TrainingEngineNotFoundException($"Training needs libtorch {TorchLocations.LibtorchVersion}, which isn't on this machine, and --offline forbids to fetch it ({size.Fetched} MB). Leave --offline out once, or {byHand}.");
        }

        announce($"Training needs libtorch {TorchLocations.LibtorchVersion}; fetching the package {package} once by NuGet ({size.Fetched} MB, {size.Unpacked} MB on the disk).");
        if (Restore(package, cancellationToken) is { } failure)
        {
            throw new TrainingEngineNotFoundException($"The package {package} {TorchLocations.LibtorchVersion} couldn't be fetched: {failure}. Look at the network and at 'dotnet nuget list source', or {byHand}.");
        }

        if (!IsThere())
        {
            throw new TrainingEngineNotFoundException($"NuGet fetched the package {package}, but not into {string.Join(" or ", locations.LibtorchFolders())}. Set NUGET_PACKAGES to NuGet's package folder, or {byHand}.");
        }
    }

    private bool IsThere() => locations.LibtorchFolders().Any(folder => File.Exists(Path.Combine(folder, TorchLocations.FileName("torch_cpu"))));

    /// <summary>Has NuGet download a package into its folder.</summary>
    /// <returns>What went wrong, as a clause; null if nothing did.</returns>
    private string? Restore(string package, CancellationToken cancellationToken)
    {
        using var folder = new TemporaryDirectory();
        string project = folder.File("fetch.csproj");
        File.WriteAllText(project, $"""
            <Project Sdk="Microsoft.NET.Sdk">
              <PropertyGroup>
                <TargetFramework>net{Environment.Version.Major}.0</TargetFramework>
              </PropertyGroup>
              <ItemGroup>
                <PackageDownload Include="{package}" Version="[{TorchLocations.LibtorchVersion}]" />
              </ItemGroup>
            </Project>
            """);
        return Run(project, cancellationToken);
    }

    private string? Run(string project, CancellationToken cancellationToken)
    {
        Process? process;
        try
        {
            process = Process.Start(new ProcessStartInfo(dotnet, ["restore", project, "--nologo"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["DOTNET_CLI_UI_LANGUAGE"] = "en" },
            });
        }
        catch (Win32Exception)
        {
            return "the 'dotnet' command, which fetches packages, isn't there; install the .NET SDK";
        }

        using (process)
        {
            using CancellationTokenRegistration stop = cancellationToken.Register(() => process!.Kill(entireProcessTree: true));
            Task<string> error = process!.StandardError.ReadToEndAsync(CancellationToken.None);
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            cancellationToken.ThrowIfCancellationRequested();
            return process.ExitCode == 0 ? null : FirstError($"{output}\n{error.Result}");
        }
    }

    private static string FirstError(string output)
    {
        string[] lines = output.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        string? error = lines.FirstOrDefault(line => line.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? lines.LastOrDefault();
        if (error is null)
        {
            return "'dotnet restore' failed without a word";
        }

        // FILE : error CODE: what is wrong [FILE]
        int code = error.IndexOf("error ", StringComparison.Ordinal);
        string reason = code < 0 ? error : error[(code + "error ".Length)..];
        int file = reason.LastIndexOf(" [", StringComparison.Ordinal);
        return (file < 0 ? reason : reason[..file]).TrimEnd('.');
    }
}
