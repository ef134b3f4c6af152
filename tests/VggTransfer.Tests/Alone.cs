namespace VggTransfer.Tests;

/// <summary>Tests that look at what belongs to the whole process, such as its memory: nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public static class Alone
{
    public const string Name = "Alone";
}
