using System.Runtime.InteropServices;

namespace VggTransfer.Training;

/// <summary>
/// Settings of glibc's allocator. As it comes, it gives large blocks back to the system as soon as they are free, and each
/// training step pays for fresh pages again: more than half of a step on 2 cores.
/// </summary>
internal static partial class GlibcHeap
{
    // malloc.h of glibc.
    private const int TrimThreshold = -1;
    private const int TopPad = -2;
    private const int MmapMax = -4;
    private const int ArenaMax = -8;

    /// <summary>Lets malloc keep what was freed, for this process. Elsewhere than on Linux with glibc it does nothing.</summary>
    public static void KeepFreedMemory()
    {
        if (!OperatingSystem.IsLinux() || !NativeLibrary.TryLoad("libc.so.6", out nint library) || !NativeLibrary.TryGetExport(library, "mallopt", out _))
        {
            return;
        }

        _ = SetOption(MmapMax, 0);
        _ = SetOption(TrimThreshold, int.MaxValue);
        _ = SetOption(TopPad, 64 << 20);

        // The other threads' arenas shrink whatever the threshold says.
        _ = SetOption(ArenaMax, 1);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallopt")]
    private static partial int SetOption(int option, int value);
}
