namespace VggTransfer.Cli;

/// <summary>What <c>--augment</c> can say.</summary>
internal enum AugmentationPreset
{
    None,
    Mirror,
    Photo,
}
