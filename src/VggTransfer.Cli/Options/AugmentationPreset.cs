namespace VggTransfer.Cli.Options;

/// <summary>What <c>--augment</c> can say.</summary>
internal enum AugmentationPreset
{
    None,
    Mirror,
    Photo,
}
