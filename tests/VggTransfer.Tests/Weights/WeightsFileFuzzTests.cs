using System.Globalization;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights;

namespace VggTransfer.Tests.Weights;

/// <summary>
/// Whatever a file holds and whatever it is called, reading it ends in a network or in <see cref="InvalidModelFileException"/>.
/// Unlike the fuzz tests of each reader this one goes the whole way, from the search for the format on. The same in every run;
/// VGGTRANSFER_FUZZ sets another number of files for each format.
/// </summary>
public sealed class WeightsFileFuzzTests
{
    private const int Inputs = 500;

    private static readonly string[] s_extensions = ["", ".safetensors", ".h5", ".keras", ".pth", ".onnx", ".caffemodel", ".index", ".bin"];

    [Theory]
    [InlineData(".safetensors")]
    [InlineData(".h5")]
    [InlineData(".pth")]
    [InlineData(".onnx")]
    public void Mutated_file_of_ours_is_read_or_refused(string extension)
    {
        using var folder = new TemporaryFolder();
        using VggModel model = RandomModels.Create(RandomModels.Tiny);
        string path = folder.File("seed" + extension);
        WeightsFile.Write(model, path, cancellationToken: TestContext.Current.CancellationToken);

        Fuzz(folder, path, extension);
    }

    [Theory]
    [InlineData("broken/evil_reduce.pth")]
    [InlineData("torch/vgg11.legacy.pth")]
    [InlineData("timm/vgg16_bn.k2.safetensors")]
    [InlineData("keras3/nested.keras")]
    [InlineData("keras3/vgg11.bfloat16.weights.h5")]
    [InlineData("tf_keras/nested_partly_frozen.full.h5")]
    [InlineData("tf_keras/vgg16.functional.ckpt.index")]
    [InlineData("onnx/vgg16.ts.op13.dynamic.onnx")]
    public void Mutated_golden_file_is_read_or_refused(string file)
    {
        string seed = SharedData.Require($"goldens/weights/{file}");
        using var folder = new TemporaryFolder();

        // A checkpoint's values lie in a file beside it.
        File.Copy(SharedData.Require("goldens/weights/tf_keras/vgg16.functional.ckpt.data-00000-of-00001"), folder.File("fuzz.data-00000-of-00001"));
        Fuzz(folder, seed, Path.GetExtension(file));
    }

    private static void Fuzz(TemporaryFolder folder, string seedPath, string extension)
    {
        int inputs = int.TryParse(Environment.GetEnvironmentVariable("VGGTRANSFER_FUZZ"), CultureInfo.InvariantCulture, out int wanted) ? wanted : Inputs;
        byte[] seed = File.ReadAllBytes(seedPath);
        var random = new Random(4);
        int refused = 0;
        for (int input = 0; input < inputs; input++)
        {
            // One in four under a name that promises another format.
            string path = folder.File("fuzz" + (random.Next(4) == 0 ? s_extensions[random.Next(s_extensions.Length)] : extension));
            File.WriteAllBytes(path, Mutate(seed, random));
            try
            {
                using WeightsContent content = WeightsFile.Read(path);
                _ = content.Model.Tensors.Values.Sum(tensor => tensor.ToSingles().Length);
            }
            catch (InvalidModelFileException exception)
            {
                refused++;
                Assert.Contains("fuzz", exception.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', exception.Message);
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"input {input} of {seedPath}: {exception}");
            }

            File.Delete(path);
        }

        Assert.True(refused > inputs / 20, $"only {refused} of {inputs} were refused, so the mutations are too tame to show anything");
    }

    private static byte[] Mutate(byte[] seed, Random random)
    {
        byte[] bytes = (byte[])seed.Clone();

        // Headers are a small part of a file, and most of what can go wrong.
        int reach = random.Next(3) == 0 ? bytes.Length : Math.Min(bytes.Length, 4096);
        for (int change = random.Next(1, 5); change > 0; change--)
        {
            int place = random.Next(reach);
            switch (random.Next(5))
            {
                case 0:
                    bytes[place] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[place] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.AsSpan(place, Math.Min(8, bytes.Length - place)).Fill(0xFF);
                    break;
                case 3:
                    int length = random.Next(1, Math.Min(64, bytes.Length - place) + 1);
                    bytes.AsSpan(random.Next(bytes.Length - length + 1), length).CopyTo(bytes.AsSpan(place, length));
                    break;
                default:
                    bytes[^(1 + random.Next(Math.Min(bytes.Length, 256)))] = (byte)random.Next(256);
                    break;
            }
        }

        return random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }
}
