using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Onnx;

/// <summary>Oracle: the format's own rule that locations are relative and stay inside the model's folder (onnx, docs/ExternalData.md).</summary>
public sealed class OnnxExternalDataTests
{
    private static readonly VggModel s_model = RandomModels.Create(RandomModels.Tiny);

    [Theory]
    [InlineData("weights.bin")]
    [InlineData("./sub/weights.bin")]
    public void Weights_beside_the_model_are_read(string location)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("sub"));
        Write(folder, location, location);

        using WeightsContent content = OnnxModelReader.Read(folder.File("m.onnx"));

        RandomModels.AssertSameTensors(s_model, content.Model);
    }

    [Theory]
    [InlineData("../weights.bin")]
    [InlineData("sub/../../weights.bin")]
    [InlineData("/etc/hostname")]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("sub//weights.bin")]
    [InlineData("..\\weights.bin")]
    [InlineData("C:weights.bin")]
    [InlineData("a\0b")]
    public void Location_outside_the_folder_is_refused(string location)
    {
        using var folder = new TemporaryFolder();
        Write(folder, location, "weights.bin");

        Assert.EndsWith("which leaves the model's folder; files elsewhere are never read, so put it beside the model under a plain name", Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Links_may_lead_within_the_folder_only()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need rights there that tests seldom have");
        using var folder = new TemporaryFolder();
        using var outside = new TemporaryFolder();
        Directory.CreateDirectory(folder.File("sub"));
        Write(folder, "link.bin", "weights.bin");
        File.Copy(folder.File("weights.bin"), outside.File("weights.bin"));

        File.CreateSymbolicLink(folder.File("link.bin"), "weights.bin");
        using (WeightsContent content = OnnxModelReader.Read(folder.File("m.onnx")))
        {
            RandomModels.AssertSameTensors(s_model, content.Model);
        }

        foreach (string target in new[] { outside.File("weights.bin"), "/dev/zero", "link.bin", "jump/weights.bin", "jump/../weights.bin" })
        {
            // A link to a link out of the folder, also as a part of the way.
            if (!Directory.Exists(folder.File("jump")))
            {
                Directory.CreateSymbolicLink(folder.File("jump"), outside.Path);
            }

            File.Delete(folder.File("link.bin"));
            File.CreateSymbolicLink(folder.File("link.bin"), target);
            string text = target == "jump/../weights.bin" ? "" : Refusal(folder);
            Assert.True(text.Length == 0 || text.Contains("leaves the model's folder", StringComparison.Ordinal), $"{target}: {text}");
        }

        Write(folder, "jump/weights.bin", "weights.bin");
        Assert.Contains("leaves the model's folder", Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_and_short_files_are_named()
    {
        using var folder = new TemporaryFolder();
        Write(folder, "weights.bin", "weights.bin");
        byte[] data = File.ReadAllBytes(folder.File("weights.bin"));

        File.WriteAllBytes(folder.File("weights.bin"), data[..^1]);
        Assert.EndsWith($"of 'weights.bin', which has {data.Length - 1:N0}; that file is cut off or another model's", Refusal(folder), StringComparison.Ordinal);
        File.WriteAllBytes(folder.File("weights.bin"), []);
        Assert.EndsWith("lies in 'weights.bin', which can't be read", Refusal(folder), StringComparison.Ordinal);
        File.Delete(folder.File("weights.bin"));
        Assert.EndsWith("lies in 'weights.bin', which isn't there; put that file beside the model", Refusal(folder), StringComparison.Ordinal);
        Directory.CreateDirectory(folder.File("weights.bin"));
        Assert.EndsWith("lies in 'weights.bin', which isn't there; put that file beside the model", Refusal(folder), StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_model_and_folder_are_told_apart()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal("it is a folder, not a file", Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Read(folder.Path)).Reason);
        Assert.Equal(folder.File("no"), Assert.Throws<FileNotFoundException>(() => OnnxModelReader.Read(folder.File("no"))).FileName);
    }

    private static void Write(TemporaryFolder folder, string location, string dataFile)
    {
        var style = new OnnxStyle { Storage = "external", External = (location, []) };
        File.WriteAllBytes(folder.File("m.onnx"), OnnxTestGraph.Write(s_model, style));
        File.WriteAllBytes(folder.File(dataFile), [.. style.External.Data]);
    }

    private static string Refusal(TemporaryFolder folder)
    {
        var exception = Assert.Throws<InvalidModelFileException>(() => OnnxModelReader.Read(folder.File("m.onnx")));
        Assert.Equal(folder.File("m.onnx"), exception.Path);
        return exception.Reason;
    }
}
