using VggTransfer.Cli.Failures;
using VggTransfer.Cli.Options;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Safetensors;

namespace VggTransfer.Cli.Backbones;

/// <summary>A backbone that was named on the command line.</summary>
/// <param name="Model">The network; whoever opened it disposes it.</param>
/// <param name="Name">What to call it: a pretrained one's name, or a file's.</param>
internal sealed record BackboneChoice(VggModel Model, string Name) : IDisposable
{
    private const string SafetensorsExtension = ".safetensors";

    /// <summary>Opens a backbone that is to run, so its preprocessing must be known.</summary>
    /// <param name="backbone">A pretrained one's name, or a path; null for the default.</param>
    /// <param name="preprocessing">What the user says of a file that doesn't say it itself.</param>
    public static BackboneChoice OpenToRun(string? backbone, PreprocessingFamily? preprocessing)
    {
        BackboneChoice choice = Open(backbone);
        try
        {
            return choice with { Model = WithPreprocessing(choice, preprocessing) };
        }
        catch
        {
            choice.Dispose();
            throw;
        }
    }

    /// <summary>Opens a backbone to look at.</summary>
    public static BackboneChoice Open(string? backbone)
    {
        backbone ??= PretrainedBackbones.DefaultName;
        bool isPath = backbone.AsSpan().IndexOfAny('/', '\\', ':') >= 0 || Path.HasExtension(backbone) || File.Exists(backbone);
        if (!isPath)
        {
            return new BackboneChoice(PretrainedBackbones.Open(backbone), backbone);
        }

        if (!string.Equals(Path.GetExtension(backbone), SafetensorsExtension, StringComparison.OrdinalIgnoreCase))
        {
            throw new NotSupportedException(
                $"'{backbone}' can't be the backbone: weights are read from {SafetensorsExtension} files, and the pretrained backbones by name are {string.Join(", ", PretrainedBackbones.Names)}.");
        }

        return new BackboneChoice(SafetensorsModelReader.Read(backbone), Path.GetFileName(backbone));
    }

    /// <summary>The line that says what runs.</summary>
    public string Describe(int threads) => $"Backbone {Name} ({Model.Architecture.DisplayName}), CPU, {Threads(threads)}.";

    /// <summary>Such as <c>2 threads</c>.</summary>
    public static string Threads(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";

    public void Dispose() => Model.Dispose();

    private static VggModel WithPreprocessing(BackboneChoice choice, PreprocessingFamily? given)
    {
        if (choice.Model.Preprocessing is { } known)
        {
            return given is null || given == known
                ? choice.Model
                : throw new UsageException($"--preprocessing contradicts the file: the weights of {choice.Name} were trained with {BackboneOptions.NameOf(known)}. Leave the option out.");
        }

        if (given is null)
        {
            throw new UsageException(
                $"--preprocessing is needed: {choice.Name} doesn't say how its weights want their pixels, and the wrong way gives worse features without any error. "
                + "Use keras for weights from Keras or Caffe, torchvision for weights from torchvision or timm, zero-to-one for pixels divided by 255.");
        }

        VggModel model = choice.Model;
        return new VggModel(model.Architecture, model.Tensors.Values, model)
        {
            Preprocessing = given,
            Labels = model.Labels,
            Provenance = model.Provenance,
            ActivationRanges = model.ActivationRanges,
        };
    }
}
