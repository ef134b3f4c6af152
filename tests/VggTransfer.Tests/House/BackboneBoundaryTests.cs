namespace VggTransfer.Tests.House;

/// <summary>What lies behind a backbone works with any network. Oracle: the compiled assembly.</summary>
public sealed class BackboneBoundaryTests
{
    [Theory]
    [InlineData("Features")]
    [InlineData("FeatureCaching")]
    [InlineData("Classification", "ClassifierExport")] // Takes a VGG apart that was trained whole.
    [InlineData("DataQuality")]
    [InlineData("Similarity")]
    [InlineData("Explanations")]
    [InlineData("Serving")]
    [InlineData("Hosting")]
    [InlineData("MlNet")]
    public void Nothing_behind_a_backbone_asks_for_the_architecture_of_a_VGG(string folder, params string[] allowed)
    {
        using var compiled = new CompiledAssembly("VggTransfer");

        Assert.Equal(allowed, ((string[])["VggArchitecture", "VggLayer", "VggFeatureLayers"])
            .SelectMany(type => compiled.UsersOf($"VggTransfer.Architectures.{type}", $"VggTransfer.{folder}")).Distinct());
    }
}
