using System.Runtime.InteropServices;

namespace VggTransfer.Tests;

/// <summary>
/// What native code has asked the C library for and not given back. Unlike the process's pages, it doesn't grow with freed memory
/// that the library keeps, nor with the managed heap.
/// </summary>
internal static partial class NativeHeap
{
    /// <summary>Skips the test where the C library is another than glibc 2.33 or later.</summary>
    public static long BytesInUse()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.SkipUnless(NativeLibrary.TryLoad("libc.so.6", out nint library) && NativeLibrary.TryGetExport(library, "mallinfo2", out _), "the C library doesn't tell");
        Heap heap = MallInfo();
        return (long)(heap.Uordblks + heap.Hblkhd);
    }

    [LibraryImport("libc.so.6", EntryPoint = "mallinfo2")]
    private static partial Heap MallInfo();

    /// <summary>struct mallinfo2 of malloc.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Heap
    {
        public nuint Arena;
        public nuint Ordblks;
        public nuint Smblks;
        public nuint Hblks;
        public nuint Hblkhd;
        public nuint Usmblks;
        public nuint Fsmblks;
        public nuint Uordblks;
        public nuint Fordblks;
        public nuint Keepcost;
    }
}
