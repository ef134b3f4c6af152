using VggTransfer.Models;
using VggTransfer.Weights.Formats.Safetensors;
using VggTransfer.Weights;

namespace VggTransfer.PretrainedModels;

/// <summary>Rewrites a published file as our safetensors, with all that the catalog knows of it.</summary>
internal static class PretrainedConversion
{
    /// <exception cref="InvalidModelFileException">The file can't be read, or holds another network than the catalog says.</exception>
    public static void Convert(PretrainedEntry entry, string source, string destination, CancellationToken cancellationToken)
    {
        using WeightsContent content = WeightsFile.Read(source, new WeightsReadOptions
        {
            Preprocessing = entry.Preprocessing,
            FifthPool = entry.Architecture.FifthPool,
            InputSize = entry.Architecture.InputSize,
        });
        VggModel read = content.Model;
        if (!read.Architecture.Tensors.Select(Describe).SequenceEqual(entry.Architecture.Tensors.Select(Describe)))
        {
            throw new InvalidModelFileException(source, entry.Format.ToString(), $"it holds {read.Architecture.DisplayName}, and '{entry.Name}' should be {entry.Architecture.DisplayName}; delete it to have it fetched again");
        }

        using var model = new VggModel(read.Architecture, read.Tensors.Values)
        {
            Preprocessing = read.Preprocessing,
            Labels = entry.Labels ?? read.Labels,
            Provenance = new ModelProvenance
            {
                Name = entry.Name,
                Source = (entry.Source ?? entry.Address).AbsoluteUri,
                Licence = entry.Licence,
                TrainedOn = "ImageNet ILSVRC-2012",
                Changes = $"{entry.File} converted to torchvision's names and layouts",
            },
        };
        SafetensorsModelWriter.Write(model, destination, cancellationToken: cancellationToken);
    }

    private static string Describe(Architectures.TensorSpecification tensor) => $"{tensor.Name} {string.Join('x', tensor.Shape)}";
}
