using VggTransfer.Images;

namespace VggTransfer.Tests.Images;

/// <summary>Oracle: the process's own memory.</summary>
public sealed class PixelMemoryTests
{
    [Fact]
    public void What_a_huge_picture_took_goes_back_to_the_system()
    {
        const int Huge = 400_000_000;
        long before = Resident();
        using (var memory = new PixelMemory(Huge))
        {
            memory.Bytes.Fill(1);
            Assert.InRange(Resident() - before, Huge / 2, long.MaxValue);
        }

        Assert.InRange(Resident() - before, long.MinValue, Huge / 2);
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

    private static long Resident()
    {
        using var process = System.Diagnostics.Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
