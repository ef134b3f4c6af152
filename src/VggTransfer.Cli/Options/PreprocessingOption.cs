using System.Diagnostics.CodeAnalysis;
using System.CommandLine;
using VggTransfer.Models;

namespace VggTransfer.Cli;

/// <summary>How weights want their pixels, by the names of this command line.</summary>
internal static class PreprocessingOption
{
    /// <summary>The families by their names.</summary>
    public static IReadOnlyDictionary<string, PreprocessingFamily> Families { get; } = new Dictionary<string, PreprocessingFamily>(StringComparer.Ordinal)
    {
        ["keras"] = PreprocessingFamily.KerasCaffe,
        ["torchvision"] = PreprocessingFamily.Torchvision,
        ["zero-to-one"] = PreprocessingFamily.ZeroToOne,
    };

    public static Option<PreprocessingFamily?> Create() => ValueOption.OneOf("--preprocessing", "How a weights file that doesn't say so itself wants its pixels", Families);

    [return: NotNullIfNotNull(nameof(family))]
    public static string? NameOf(PreprocessingFamily? family) => family is null ? null : Families.First(pair => pair.Value == family).Key;

    /// <summary>The model with what the user says of it, which must not contradict what its file says.</summary>
    /// <param name="model">The model; the result takes it over.</param>
    /// <param name="name">What to call it.</param>
    /// <param name="given">What the user says; null for nothing.</param>
    /// <exception cref="UsageException">The file says another family.</exception>
    public static VggModel Apply(VggModel model, string name, PreprocessingFamily? given) =>
        given is not { } family || model.Preprocessing == family ? model
        : model.Preprocessing is { } known ? throw new UsageException($"--preprocessing contradicts the file: the weights of {name} were trained with {NameOf(known)}. Leave the option out.")
        : model.WithPreprocessing(family);

    /// <summary>As <see cref="Apply"/>, for a model that is to run.</summary>
    /// <exception cref="UsageException">The file says another family, or neither file nor user says any.</exception>
    public static VggModel Require(VggModel model, string name, PreprocessingFamily? given)
    {
        VggModel known = Apply(model, name, given);
        return known.Preprocessing is not null
            ? known
            : throw new UsageException(
                $"--preprocessing is needed: {name} doesn't say how its weights want their pixels, and the wrong way gives worse features without any error. "
                + "Use keras for weights from Keras or Caffe, torchvision for weights from torchvision or timm, zero-to-one for pixels divided by 255.");
    }
}
