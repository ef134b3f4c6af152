using System.Globalization;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Models;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Keras.Vgg;

/// <summary>Makes a <see cref="VggModel"/> of a Keras-style model, by the recognition that weight files go through.</summary>
internal static class VggExport
{
    private const string Format = "VGG";

    /// <exception cref="NotSupportedException">The model is no VGG.</exception>
    public static VggModel ToVggModel(Model model, PreprocessingFamily? preprocessing, IReadOnlyList<string>? labels, ModelProvenance provenance, bool includeTop)
    {
        PreprocessingFamily? rescaled = RescalingOf(model);
        if (preprocessing is not null && rescaled is not null && preprocessing != rescaled)
        {
            throw new ArgumentException($"The model's Rescaling makes the preprocessing {rescaled}, and {preprocessing} was given; leave it out.", nameof(preprocessing));
        }

        ChainModel recognised = Recognise(new VggChain(model, includeTop).Create());
        if (recognised.HeadDifference is { } difference && HasDense(model))
        {
            throw new NotSupportedException($"'{model.Name}' can't be converted with what stands behind its convolutions: {difference}; ask for the convolutions alone (includeTop: false).");
        }

        int? classes = recognised.Architecture.IncludeTop ? recognised.Architecture.Classes : null;
        if (labels is not null && labels.Count != classes)
        {
            throw new ArgumentException(
                classes is null ? $"There are {labels.Count} labels, and the converted model has no classes." : $"There are {labels.Count} labels, and the model has {classes} classes.",
                nameof(labels));
        }

        return new VggModel(recognised.Architecture, recognised.Tensors)
        {
            Preprocessing = preprocessing ?? rescaled,
            Labels = labels,
            Provenance = provenance,
        };
    }

    private static ChainModel Recognise(LayerChain chain)
    {
        try
        {
            return ChainRecognition.Recognise(chain);
        }
        catch (InvalidModelFileException exception)
        {
            throw new NotSupportedException($"'{chain.Path}' can't be converted into a VGG: {exception.Reason}.", exception);
        }
    }

    private static bool HasDense(Model model) => model.FlatLayers.Any(layer => layer is Dense);

    /// <summary>The preprocessing that a first Rescaling stands for; null where there is none.</summary>
    private static PreprocessingFamily? RescalingOf(Model model)
    {
        if (model.FlatLayers.FirstOrDefault(layer => layer is not Input) is not Rescaling rescaling || rescaling is { Scale: 1, Offset: 0 })
        {
            return null;
        }

        // Written as 1.0 / 255, 1f / 255 or 0.00392156862745098; closer than any pixel's rounding.
        return Math.Abs((rescaling.Scale * 255) - 1) < 1e-6 && rescaling.Offset == 0
            ? PreprocessingFamily.ZeroToOne
            : throw new NotSupportedException(string.Create(CultureInfo.InvariantCulture, $"'{model.Name}' can't be converted into a VGG: its layer '{rescaling.Name}' computes x * {rescaling.Scale} + {rescaling.Offset}, and only a factor of 1/255 is known; leave the layer out and say how pixels are normalised."));
    }
}
