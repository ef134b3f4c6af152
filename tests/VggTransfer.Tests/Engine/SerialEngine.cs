namespace VggTransfer.Tests.Engine;

/// <summary>
/// Tests that compute run one after the other: libtorch's matrix products take the number of threads from the process, and
/// round differently with another.
/// </summary>
[CollectionDefinition(Name)]
public static class SerialEngine
{
    public const string Name = "Engine";
}
