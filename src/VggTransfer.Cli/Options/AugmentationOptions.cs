using System.CommandLine;
using VggTransfer.Augmentation;
using VggTransfer.FineTuning;

namespace VggTransfer.Cli;

/// <summary>How training photos are changed: a preset, and single changes in its stead.</summary>
internal sealed class AugmentationOptions
{
    private static readonly Dictionary<string, AugmentationPreset> s_presets = new(StringComparer.Ordinal)
    {
        ["none"] = AugmentationPreset.None,
        ["mirror"] = AugmentationPreset.Mirror,
        ["photo"] = AugmentationPreset.Photo,
    };

    private readonly AugmentationPreset _default;
    private readonly Option<AugmentationPreset?> _preset;
    private readonly Option<bool> _noFlip = new("--no-flip") { Description = "Mirror nothing, whatever the preset: for photos with writing, or where left and right matter" };
    private readonly Option<double?> _cropScale = ValueOption.OptionalNumber("--crop-scale", "Smallest share of the area that a random crop keeps; 1 for no crop", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.CropScale)));
    private readonly Option<double?> _brightness = ValueOption.OptionalNumber("--brightness", "Largest change of brightness", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Brightness)));
    private readonly Option<double?> _contrast = ValueOption.OptionalNumber("--contrast", "Largest change of contrast", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Contrast)));
    private readonly Option<double?> _saturation = ValueOption.OptionalNumber("--saturation", "Largest change of saturation", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Saturation)));
    private readonly Option<double?> _hue = ValueOption.OptionalNumber("--hue", "Largest turn of the circle of hues, as a share of it", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Hue)));
    private readonly Option<double?> _rotation = ValueOption.OptionalNumber("--rotation", "Largest rotation to either side, in degrees", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Rotation)));
    private readonly Option<double?> _translate = ValueOption.OptionalNumber("--translate", "Largest shift, as a share of the side", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Translate)));
    private readonly Option<double?> _zoom = ValueOption.OptionalNumber("--zoom", "Largest change of size; 0.1 for 0.9 to 1.1 times as large", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Zoom)));
    private readonly Option<double?> _shear = ValueOption.OptionalNumber("--shear", "Largest slant to either side, in degrees", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Shear)));
    private readonly Option<double?> _blur = ValueOption.OptionalNumber("--blur", "Probability of a blur", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Blur)));
    private readonly Option<double?> _erasing = ValueOption.OptionalNumber("--erasing", "Probability that a rectangle is replaced by noise", OptionRange.Of<PhotoAugmentation>(nameof(PhotoAugmentation.Erasing)));
    private readonly Option<double?> _mixUp = ValueOption.OptionalNumber("--mixup", "Alpha of mixup, which blends pairs of photos; usual are 0.1 to 0.4 [default: 0, none]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.MixUp)));
    private readonly Option<double?> _cutMix = ValueOption.OptionalNumber("--cutmix", "Alpha of CutMix, which pastes parts of photos into others; usual is 1. With both, each batch gets one of the two [default: 0, none]", OptionRange.Of<FineTuningOptions>(nameof(FineTuningOptions.CutMix)));

    /// <param name="defaultPreset">What holds where nothing is said.</param>
    public AugmentationOptions(AugmentationPreset defaultPreset)
    {
        _default = defaultPreset;
        _preset = ValueOption.OneOf(
            "--augment",
            "Random changes of the training photos: none, mirror, or photo (crop, mirror, colours, rotation, zoom); the options below change single values "
                + $"[default: {s_presets.First(pair => pair.Value == defaultPreset).Key}]",
            s_presets);
    }

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])
            [_preset, _noFlip, _cropScale, _brightness, _contrast, _saturation, _hue, _rotation, _translate, _zoom, _shear, _blur, _erasing, _mixUp, _cutMix])
        {
            command.Add(option);
        }
    }

    public PhotoAugmentation Read(ParseResult parsed)
    {
        PhotoAugmentation preset = (parsed.GetValue(_preset) ?? _default) switch
        {
            AugmentationPreset.None => PhotoAugmentation.None,
            AugmentationPreset.Mirror => PhotoAugmentation.Mirror,
            _ => PhotoAugmentation.Photo,
        };
        return preset with
        {
            HorizontalFlip = preset.HorizontalFlip && !parsed.GetValue(_noFlip),
            CropScale = parsed.GetValue(_cropScale) ?? preset.CropScale,
            Brightness = parsed.GetValue(_brightness) ?? preset.Brightness,
            Contrast = parsed.GetValue(_contrast) ?? preset.Contrast,
            Saturation = parsed.GetValue(_saturation) ?? preset.Saturation,
            Hue = parsed.GetValue(_hue) ?? preset.Hue,
            Rotation = parsed.GetValue(_rotation) ?? preset.Rotation,
            Translate = parsed.GetValue(_translate) ?? preset.Translate,
            Zoom = parsed.GetValue(_zoom) ?? preset.Zoom,
            Shear = parsed.GetValue(_shear) ?? preset.Shear,
            Blur = parsed.GetValue(_blur) ?? preset.Blur,
            Erasing = parsed.GetValue(_erasing) ?? preset.Erasing,
        };
    }

    /// <summary>Alpha of mixup; 0 for none.</summary>
    public double MixUp(ParseResult parsed) => parsed.GetValue(_mixUp) ?? 0;

    /// <summary>Alpha of CutMix; 0 for none.</summary>
    public double CutMix(ParseResult parsed) => parsed.GetValue(_cutMix) ?? 0;
}
