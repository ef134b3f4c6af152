using VggTransfer.Classification;

namespace VggTransfer.Hosting;

/// <summary>A classifier as a service of an application. Settable, so that it can be bound to configuration.</summary>
public sealed class ImageClassifierServiceOptions
{
    /// <summary>The model file, a .zip. Needed.</summary>
    public string ModelPath { get; set; } = "";

    /// <summary>
    /// How often it is looked whether the file has been replaced, 0 (never) to 1 day. Default: 5 seconds. Asking is robust where
    /// notifications aren't: on network shares, in mounted volumes, behind links.
    /// </summary>
    public TimeSpan ReloadInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How it runs. By default for strangers' images: at most 32 MiB and 100,000,000 pixels each.
    /// </summary>
    public ImageClassifierOptions Running { get; set; } = new() { MaxBytes = 32 << 20, MaxPixels = 100_000_000 };

    /// <summary>What is wrong with them, as a whole sentence; null if nothing is.</summary>
    internal string? FindFault()
    {
        if (string.IsNullOrWhiteSpace(ModelPath))
        {
            return "ModelPath is empty, and must name a model file that 'vggtransfer train' or TrainedImageClassifier.Save made.";
        }

        if (ReloadInterval < TimeSpan.Zero || ReloadInterval > TimeSpan.FromDays(1))
        {
            return $"ReloadInterval is {ReloadInterval}, and must be 0 to 1 day.";
        }

        try
        {
            Running.Validate();
            return null;
        }
        catch (ArgumentOutOfRangeException e)
        {
            return e.Message;
        }
    }
}
