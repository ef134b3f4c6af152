using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace VggTransfer.Training;

/// <summary>
/// Brings libtorch into the process, before TorchSharp looks for it: TorchSharp alone finds it only beside the application,
/// and on systems whose libstdc++ is older than GCC 13's not even there.
/// </summary>
internal static class TorchLibrary
{
    private static readonly Lazy<string> s_folder = new(LoadOnce);

    /// <summary>Whether the process's memory and threads stay as the system made them: for measuring what that costs.</summary>
    public static bool LeavesProcessAlone { get; set; }

    /// <summary>Loads libtorch; does nothing if that is done.</summary>
    /// <returns>The folder that it was loaded from.</returns>
    /// <exception cref="TrainingEngineNotFoundException">It isn't there or can't be loaded.</exception>
    public static string Load() => s_folder.Value;

    private static string LoadOnce()
    {
        var locations = new TorchLocations(Environment.GetEnvironmentVariable, AppContext.BaseDirectory);
        string folder = Find(locations.LibtorchFolders(), TorchLocations.FileName("torch_cpu"))
            ?? throw new TrainingEngineNotFoundException(
                $"The native library that trains and computes, libtorch {TorchLocations.LibtorchVersion}, was not found. Add the package TorchSharp-cpu (or TorchSharp-cuda-linux, "
                + $"TorchSharp-cuda-windows) to the application, or set {TorchLocations.Variable} to a folder with {TorchLocations.FileName("torch_cpu")}. "
                + $"Searched: {string.Join(", ", locations.LibtorchFolders())}.");
        string wrapper = TorchLocations.FileName("LibTorchSharp");
        string wrapperFolder = Find(locations.TorchSharpFolders(), wrapper)
            ?? throw new TrainingEngineNotFoundException(
                $"{wrapper} was not found. It comes with the package TorchSharp, which has it for linux-x64, win-x64, win-arm64 and osx-arm64; this is {TorchLocations.RuntimeIdentifier}. "
                + $"Searched: {string.Join(", ", locations.TorchSharpFolders())}.");

        if (!LeavesProcessAlone)
        {
            GlibcHeap.KeepFreedMemory();
            OpenMpWaiting.Sleep();
        }

        // In this order each finds what it needs already there, wherever it lies.
        foreach (string library in (string[])["c10", "torch_cpu", "torch_cuda", "torch"])
        {
            string path = Path.Combine(folder, TorchLocations.FileName(library));
            if (library != "torch_cuda" || File.Exists(path))
            {
                LoadFile(path);
            }
        }

        nint handle = WeakVersionLoader.Load(Path.Combine(wrapperFolder, wrapper));
        AssemblyLoadContext.Default.ResolvingUnmanagedDll += (_, name) => name.Contains("LibTorchSharp", StringComparison.Ordinal) ? handle : 0;
        return folder;
    }

    private static string? Find(IEnumerable<string> folders, string file) => folders.FirstOrDefault(folder => File.Exists(Path.Combine(folder, file)));

    private static void LoadFile(string path)
    {
        try
        {
            NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            throw new TrainingEngineNotFoundException($"'{path}' could not be loaded: {exception.Message.Trim()}", exception);
        }
    }
}
