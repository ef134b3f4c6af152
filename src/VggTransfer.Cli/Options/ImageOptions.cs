using System.CommandLine;
using VggTransfer.Architectures;
using VggTransfer.Images;

namespace VggTransfer.Cli;

/// <summary>From an image to features.</summary>
internal sealed class ImageOptions
{
    private static readonly Dictionary<string, ImageOrientation> s_orientations = new(StringComparer.Ordinal)
    {
        ["upright"] = ImageOrientation.Upright,
        ["as-stored"] = ImageOrientation.AsStored,
    };

    public Option<FeatureLayer?> Layer { get; } = ValueOption.Written(
        "--layer", "What to take as features: fc7, block5_pool:avg, block5_pool:avg:hellinger, several joined by '+', or auto [default: auto]", "auto|LAYER", VggFeatureLayers.Parse);

    public Option<int?> InputSize { get; } = ValueOption.OptionalInteger("--input-size", "Side of the network's input in pixels [default: auto]", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.InputSize)), allowAuto: true);

    public Option<ImageOrientation?> Orientation { get; } = ValueOption.OneOf("--orientation", "Whether photos are turned by their EXIF data [default: upright]", s_orientations);

    public void AddTo(Command command)
    {
        command.Add(Layer);
        command.Add(InputSize);
        command.Add(Orientation);
    }

    public ImageOrientation OrientationOf(ParseResult parsed) => parsed.GetValue(Orientation) ?? ImageOrientation.Upright;
}
