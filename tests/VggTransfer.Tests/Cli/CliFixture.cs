using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Cli;

/// <summary>One training that many tests look at, a folder of pictures, and backbones small enough to train in no time.</summary>
public sealed class CliFixture : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CliFixture()
    {
        DrawnPhotos.DrawFolder(Photos);
        DrawnPhotos.DrawFolder(TestPhotos, perClass: 3, seed: 2);
        var architecture = new VggArchitecture { Configuration = VggConfiguration.A, WidthMultiplier = 0.125, InputSize = 32, IncludeTop = false };
        using VggModel tiny = RandomModels.Create(architecture);
        SafetensorsModelWriter.Write(new VggModel(architecture, tiny.Tensors.Values) { Preprocessing = PreprocessingFamily.Torchvision }, TinyBackbone);
        SafetensorsModelWriter.Write(tiny, SilentBackbone);
        Training = CommandLineProcess.Run(_folder.Path, "train", "photos", "--output", "model.zip", "--input-size", "32", "--json");
    }

    /// <summary>The folder of everything below.</summary>
    public string Folder => _folder.Path;

    public string Photos => _folder.File("photos");

    public string TestPhotos => _folder.File("test-photos");

    /// <summary>A tiny network with random weights that says its preprocessing.</summary>
    public string TinyBackbone => _folder.File("tiny.safetensors");

    /// <summary>The same, silent about its preprocessing.</summary>
    public string SilentBackbone => _folder.File("silent.safetensors");

    /// <summary>What training on the pictures with the shipped backbone made.</summary>
    public string Model => _folder.File("model.zip");

    /// <summary>What that training printed, asked for JSON.</summary>
    internal CommandLineResult Training { get; }

    public void Dispose() => _folder.Dispose();
}

/// <summary>Tests in turn: each of their processes has all processors to itself.</summary>
[CollectionDefinition(Name)]
public sealed class CliTests : ICollectionFixture<CliFixture>
{
    public const string Name = "Command line";
}
