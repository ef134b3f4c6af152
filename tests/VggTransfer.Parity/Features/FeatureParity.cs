using VggTransfer.Models;
using VggTransfer.Parity.Images;
using VggTransfer.PretrainedModels;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Parity.Features;

/// <summary>Checks a folder of Keras's features: <c>layer-means.json</c>, a <c>.safetensors</c> file, or both.</summary>
public static class FeatureParity
{
    /// <summary>Whether there is anything to check in a folder.</summary>
    public static bool HasGoldens(string folder) => FeatureGoldens.Files(folder).Any();

    /// <summary>Opens a network; the caller disposes it.</summary>
    /// <param name="weights">A safetensors file; null for the backbone that comes with the library.</param>
    /// <exception cref="IOException">The file is missing or unfit.</exception>
    public static VggModel OpenModel(string? weights)
    {
        VggModel model = weights is null ? PretrainedBackbones.Open() : SafetensorsModelReader.Read(weights);

        // The goldens are Keras's: weights that don't say otherwise can only be meant for its preprocessing.
        return model.Preprocessing is not null ? model : new VggModel(model.Architecture, model.Tensors.Values, model) { Preprocessing = PreprocessingFamily.KerasCaffe };
    }

    /// <summary>Runs every comparison that the folder asks for.</summary>
    /// <param name="folder">The goldens.</param>
    /// <param name="model">The network that they were made with.</param>
    /// <param name="photos">A zip file or folder with the photos; null to search for one.</param>
    /// <param name="largestCount">How many photos to check at the most; null for all.</param>
    public static IReadOnlyList<ParityCase> Check(string folder, VggModel model, string? photos = null, int? largestCount = null)
    {
        List<ParityCase> cases = [];
        FeatureGoldens goldens = FeatureGoldens.Read(folder, cases);
        using PhotoSource source = PhotoSource.Open(folder, photos);
        using var checks = new FeatureChecks(model, goldens, source, cases);
        checks.Run(largestCount ?? int.MaxValue);
        return cases;
    }
}
