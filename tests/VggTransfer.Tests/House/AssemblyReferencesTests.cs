namespace VggTransfer.Tests.House;

/// <summary>What an application gets with an assembly of ours. Oracle: the compiled assemblies.</summary>
public sealed class AssemblyReferencesTests
{
    [Theory]
    [InlineData("VggTransfer.Weights", "Microsoft.ML", "SkiaSharp", "TorchSharp", "VggTransfer")]
    [InlineData("VggTransfer", "TorchSharp", "VggTransfer.Training")]
    public void Assembly_refers_to_nothing_that_its_users_may_not_need(string assembly, params string[] unwanted)
    {
        using var compiled = new CompiledAssembly(assembly);

        Assert.DoesNotContain(compiled.References, reference => unwanted.Any(name => reference == name || (name != "VggTransfer" && reference.StartsWith(name, StringComparison.Ordinal))));
    }
}
