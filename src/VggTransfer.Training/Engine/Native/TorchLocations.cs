using System.Runtime.InteropServices;

namespace VggTransfer.Training;

/// <summary>Where libtorch and TorchSharp's own native library may lie.</summary>
public sealed class TorchLocations
{
    /// <summary>The environment variable that names a folder with libtorch.</summary>
    public const string Variable = "VGGTRANSFER_LIBTORCH";

    /// <summary>The libtorch that TorchSharp 0.107 is made for, as its NuGet packages are numbered.</summary>
    public const string LibtorchVersion = "2.10.0";

    private readonly Func<string, string?> _environment;
    private readonly string _application;

    /// <param name="environment">Reads a variable of the environment.</param>
    /// <param name="application">The application's folder.</param>
    public TorchLocations(Func<string, string?> environment, string application)
    {
        _environment = environment;
        _application = application;
    }

    /// <summary>This platform in NuGet's words: <c>linux-x64</c>.</summary>
    public static string RuntimeIdentifier { get; } =
        (OperatingSystem.IsWindows() ? "win" : OperatingSystem.IsMacOS() ? "osx" : "linux") + "-" + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant();

    /// <summary>The folders that may hold libtorch, the preferred one first: what somebody named goes before what was found.</summary>
    public IEnumerable<string> LibtorchFolders() =>
    [
        .. Named(_environment(Variable)),
        .. ApplicationFolders(),
        .. PackageFolder($"libtorch-cpu-{RuntimeIdentifier}", LibtorchVersion),
    ];

    /// <summary>The folders that may hold TorchSharp's own native library.</summary>
    public IEnumerable<string> TorchSharpFolders() =>
    [
        .. ApplicationFolders(),
        .. Named(_environment(Variable)),
        .. PackageFolder("torchsharp", TorchSharpVersion),
    ];

    /// <summary>A library's file name on this platform: <c>libtorch_cpu.so</c>, <c>torch_cpu.dll</c>.</summary>
    public static string FileName(string library) =>
        OperatingSystem.IsWindows() ? library + ".dll" : OperatingSystem.IsMacOS() ? $"lib{library}.dylib" : $"lib{library}.so";

    private static string TorchSharpVersion => typeof(TorchSharp.torch).Assembly.GetName().Version!.ToString(3);

    private static IEnumerable<string> Named(string? folder) => string.IsNullOrEmpty(folder) ? [] : [Path.GetFullPath(folder)];

    // A build keeps native files of packages under runtimes; publishing for one platform puts them beside the application.
    private IEnumerable<string> ApplicationFolders() => [Path.Combine(_application, "runtimes", RuntimeIdentifier, "native"), _application];

    private IEnumerable<string> PackageFolder(string package, string version)
    {
        string? packages = _environment("NUGET_PACKAGES");
        if (string.IsNullOrEmpty(packages))
        {
            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            if (home.Length == 0)
            {
                yield break;
            }

            packages = Path.Combine(home, ".nuget", "packages");
        }

        yield return Path.Combine(packages, package, version, "runtimes", RuntimeIdentifier, "native");
    }
}
