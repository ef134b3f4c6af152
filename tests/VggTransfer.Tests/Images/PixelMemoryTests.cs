using VggTransfer.Images;

namespace VggTransfer.Tests.Images;

/// <summary>Oracle: the managed heap.</summary>
public sealed class PixelMemoryTests
{
    /// <remarks>The pool would have taken an array from the managed heap, and kept it.</remarks>
    [Fact]
    public void What_a_huge_picture_takes_is_never_in_the_pool()
    {
        const int Huge = 400_000_000;
        long before = GC.GetAllocatedBytesForCurrentThread();
        using (var memory = new PixelMemory(Huge))
        {
            memory.Bytes.Fill(1);
        }

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, Huge / 100);
    }

    [Theory]
    [InlineData(100)]
    [InlineData(PixelMemory.PooledLength + 1)]
    public void What_was_given_back_is_out_of_reach(int length)
    {
        var memory = new PixelMemory(length);
        Assert.Equal(length, memory.Bytes.Length);
        memory.Dispose();
        memory.Dispose();
        Assert.Throws<ObjectDisposedException>(() => memory.Bytes.Length);
    }
}
