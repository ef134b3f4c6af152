namespace VggTransfer.Cli;

/// <summary>Writes rows as they come, without keeping more of them than a format needs.</summary>
internal interface IFeatureWriter : IDisposable
{
    void Add(FeatureRow row);

    /// <summary>Ends the file; the stream stays open.</summary>
    void Finish();
}
