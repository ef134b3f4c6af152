using System.ComponentModel;
using System.Runtime.InteropServices;

namespace VggTransfer.Training;

/// <summary>
/// Loads a Linux library that asks for a newer libstdc++ than there is, where it does so in name only. TorchSharp's library
/// names GLIBCXX_3.4.32 (GCC 13) for one symbol that it never calls; Debian 12 and Ubuntu 22.04 have GCC 12's. In a copy in
/// memory the demand is marked as weak, as the linker does for weak symbols, and then the system's loader accepts it.
/// </summary>
internal static partial class WeakVersionLoader
{
    private const string StandardLibrary = "libstdc++.so.6";

    /// <summary>Loads a library.</summary>
    /// <param name="path">The library's file; what it needs, except the system's libraries, is loaded already.</param>
    /// <exception cref="TrainingEngineNotFoundException">It can't be loaded.</exception>
    public static nint Load(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception exception) when (exception is DllNotFoundException or BadImageFormatException)
        {
            return OperatingSystem.IsLinux()
                ? LoadWithWeakVersions(path, exception)
                : throw new TrainingEngineNotFoundException($"'{path}' could not be loaded: {exception.Message.Trim()}", exception);
        }
    }

    /// <summary>Marks the demands for versions that aren't there as weak.</summary>
    /// <param name="image">A library's file; changed in place.</param>
    /// <param name="available">The versions of libstdc++ that are there.</param>
    /// <returns>The versions that were missing.</returns>
    /// <exception cref="InvalidDataException">The file is no ELF library, or it uses a symbol of a missing version.</exception>
    internal static IReadOnlyList<string> Weaken(byte[] image, IReadOnlySet<string> available)
    {
        var elf = new ElfLibrary(image);
        ElfVersionNeed[] missing = [.. elf.NeededVersions().Where(need => need.Library == StandardLibrary && !available.Contains(need.Version))];
        ElfVersionNeed[] used = [.. missing.Where(need => elf.IsUsed(need.Index))];
        if (used.Length > 0)
        {
            throw new InvalidDataException($"it uses {string.Join(", ", used.Select(need => need.Version))} of {StandardLibrary}, and the newest version here is {Newest(available)}");
        }

        foreach (ElfVersionNeed need in missing)
        {
            elf.MarkWeak(need);
        }

        return [.. missing.Select(need => need.Version)];
    }

    private static nint LoadWithWeakVersions(string path, Exception reason)
    {
        try
        {
            byte[] image = File.ReadAllBytes(path);
            if (Weaken(image, AvailableVersions()).Count > 0)
            {
                return LoadFromMemory(image, Path.GetFileName(path));
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or DllNotFoundException or BadImageFormatException or Win32Exception)
        {
            throw new TrainingEngineNotFoundException(
                $"'{path}' could not be loaded: {reason.Message.Trim()}. Going on without the newer version failed, too: {exception.Message.Trim()}. "
                + $"TorchSharp's library needs glibc 2.34 and the {StandardLibrary} of GCC 12 or newer.",
                exception);
        }

        throw new TrainingEngineNotFoundException($"'{path}' could not be loaded: {reason.Message.Trim()}", reason);
    }

    private static HashSet<string> AvailableVersions()
    {
        // libtorch, which is loaded by now, needs it as well; so this is the one in use.
        string path = File.ReadLines("/proc/self/maps")
            .Select(line => line.IndexOf('/', StringComparison.Ordinal) is int start and >= 0 ? line[start..] : "")
            .FirstOrDefault(file => Path.GetFileName(file).StartsWith("libstdc++.so", StringComparison.Ordinal))
            ?? throw new FileNotFoundException($"{StandardLibrary} is not among the libraries of this process");
        return [.. new ElfLibrary(File.ReadAllBytes(path)).DefinedVersions()];
    }

    // GLIBCXX_3.4.9 comes before GLIBCXX_3.4.30.
    private static string Newest(IReadOnlySet<string> versions) =>
        versions.Where(version => version.StartsWith("GLIBCXX_3", StringComparison.Ordinal)).OrderBy(version => version.Length).ThenBy(version => version, StringComparer.Ordinal).LastOrDefault("unknown");

    private static nint LoadFromMemory(byte[] image, string name)
    {
        int descriptor = CreateMemoryFile(name, 0);
        if (descriptor < 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        }

        using var handle = new Microsoft.Win32.SafeHandles.SafeFileHandle(descriptor, ownsHandle: true);
        RandomAccess.Write(handle, image, 0);
        return NativeLibrary.Load($"/proc/self/fd/{descriptor}");
    }

    [LibraryImport("libc.so.6", EntryPoint = "memfd_create", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateMemoryFile(string name, uint flags);
}
