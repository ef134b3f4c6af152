using System.IO.Hashing;
using VggTransfer.Files;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Files;

public sealed class FileCheckTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 1_000_000)]
    [InlineData(77, 600_000)]
    [InlineData(500_000, 0)]
    public void A_stretch_as_it_was_has_no_fault(int position, int length)
    {
        (string path, byte[] content) = Write();
        using var check = new FileCheck(path, position, length, Crc32.HashToUInt32(content.AsSpan(position, length)));

        Assert.Null(check.FindFault());
    }

    [Theory]
    [InlineData(77)]
    [InlineData(600_076)]
    public void A_flipped_bit_is_damage(int at)
    {
        (string path, byte[] content) = Write();
        uint expected = Crc32.HashToUInt32(content.AsSpan(77, 600_000));
        content[at] ^= 4;
        File.WriteAllBytes(path, content);
        using var check = new FileCheck(path, 77, 600_000, expected);

        Assert.Contains("checksum differs", check.FindFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_stretch_past_the_end_is_damage()
    {
        (string path, byte[] content) = Write();
        using var check = new FileCheck(path, 77, content.Length, Crc32.HashToUInt32(content));

        Assert.Contains("checksum differs", check.FindFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_replaced_meanwhile_is_noticed()
    {
        (string path, byte[] content) = Write();

        // File systems' clocks tick every few milliseconds only.
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddMinutes(-1));
        using var check = new FileCheck(path, 0, content.Length, Crc32.HashToUInt32(content));
        content[0] ^= 1;
        File.WriteAllBytes(_folder.File("new"), content);
        File.Move(_folder.File("new"), path, overwrite: true);

        Assert.Contains("replaced while", check.FindFault(), StringComparison.Ordinal);
    }

    private (string Path, byte[] Content) Write()
    {
        byte[] content = new byte[1_000_000];
        new Random(1).NextBytes(content);
        string path = _folder.File("file");
        File.WriteAllBytes(path, content);
        return (path, content);
    }
}
