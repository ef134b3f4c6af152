using VggTransfer.Parity;
using VggTransfer.Parity.Images;
using VggTransfer.Parity.Keras;
using VggTransfer.Parity.Weights;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.ParityProgram;

/// <summary>The goldens in <c>tests/goldens</c>, which every clone has. Oracles: Keras, torch, torch.onnx and Pillow.</summary>
public sealed class SmallGoldensTests
{
    [Fact]
    public void Schedules_callbacks_and_fit_are_Keras_s() => AllPass(80, KerasParity.Check(Folder("keras")));

    [Fact]
    public void One_file_of_each_format_gives_its_writer_s_outputs_and_broken_ones_are_refused() => AllPass(8, WeightsParity.Check(Folder("weights")));

    [Fact]
    public void Images_are_decoded_or_refused_as_Pillow_does() => AllPass(6, ImageParity.Check(Folder("images")));

    private static string Folder(string name) => Path.Combine(Repository.Root, "tests", "goldens", name);

    private static void AllPass(int fewest, IReadOnlyList<ParityCase> cases)
    {
        Assert.True(cases.Count >= fewest, $"only {cases.Count} comparisons");
        Assert.All(cases, item => Assert.True(item.Passed, $"{item.Name}: {item.Detail}"));
    }
}
