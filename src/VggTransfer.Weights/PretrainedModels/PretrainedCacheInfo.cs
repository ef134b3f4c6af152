namespace VggTransfer.PretrainedModels;

/// <summary>What a cache holds of published networks.</summary>
/// <param name="Networks">Networks of which there is anything, whole or not.</param>
/// <param name="Files">How many files.</param>
/// <param name="Bytes">Their size together.</param>
public sealed record PretrainedCacheInfo(int Networks, int Files, long Bytes);
