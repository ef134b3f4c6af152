using System.IO.Compression;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Cli;

[Collection(CliTests.Name)]
public sealed class DamagedModelTests(CliFixture fixture) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(0.01)]
    [InlineData(0.5)]
    [InlineData(0.999999)]
    public void A_model_cut_short_gives_one_sentence(double share)
    {
        byte[] content = File.ReadAllBytes(fixture.Model);
        Predict(content[..(int)(content.Length * share)]).Expect(1);
    }

    [Theory]
    [InlineData("VggTransfer/classifier.json")]
    [InlineData("VggTransfer/head.safetensors")]
    [InlineData("OnnxModel")]
    public void A_flipped_byte_in_what_is_read_gives_one_sentence(string entryName)
    {
        byte[] content = File.ReadAllBytes(fixture.Model);
        content[MiddleOf(entryName, content)] ^= 0x10;
        CommandLineResult result = Predict(content).Expect(1);
        Assert.Contains("damaged.zip", result.ErrorSentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("text")]
    [InlineData("foreign zip")]
    public void A_file_that_is_no_model_gives_one_sentence(string kind)
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            archive.CreateEntry("hello");
        }

        Predict(kind == "text" ? "no model"u8.ToArray() : zip.ToArray()).Expect(1);
    }

    [Fact]
    public void A_photo_in_the_place_of_the_model_is_not_called_cut_off()
    {
        CommandLineResult result = Predict(File.ReadAllBytes(Path.Combine(fixture.Photos, "circles", "00.png"))).Expect(1);
        Assert.Contains("it isn't a zip archive", result.ErrorSentence, StringComparison.Ordinal);
    }

    private CommandLineResult Predict(byte[] model)
    {
        File.WriteAllBytes(_folder.File("damaged.zip"), model);
        CommandLineResult result = CommandLineProcess.Run(_folder.Path, "predict", "damaged.zip", Path.Combine(fixture.Photos, "circles", "00.png"));
        Assert.NotEmpty(result.ErrorSentence);
        Assert.Empty(result.Output);
        return result;
    }

    /// <summary>A position within an entry's compressed bytes: half-way between the starts of its data and of the next header.</summary>
    private static int MiddleOf(string entryName, byte[] content)
    {
        using var archive = new ZipArchive(new MemoryStream(content));
        ZipArchiveEntry entry = archive.Entries.Single(item => item.FullName == entryName || item.Name == entryName);
        byte[] name = System.Text.Encoding.UTF8.GetBytes(entry.FullName);

        // The first occurrence of a name is in the local header, just before the data.
        int start = content.AsSpan().IndexOf(name) + name.Length;
        return start + (int)(entry.CompressedLength / 2);
    }
}
