using System.ComponentModel.DataAnnotations;

/// <summary>Which folder is watched, and where the results go: the section Watch of appsettings.json.</summary>
internal sealed class WatchOptions
{
    /// <summary>The folder in which pictures appear; folders in it are watched, too.</summary>
    [Required]
    public string Folder { get; init; } = "inbox";

    /// <summary>The file that results are appended to: .jsonl (a JSON object a line) or .csv.</summary>
    [Required]
    [RegularExpression(@".*\.(jsonl|csv)", ErrorMessage = "Output must end in .jsonl or .csv.")]
    public string Output { get; init; } = "predictions.jsonl";

    /// <summary>Seconds for which a file must stay as it is before it counts as complete.</summary>
    [Range(0, 3600)]
    public double SettleSeconds { get; init; } = 0.5;

    /// <summary>Seconds between two looks at the whole folder: network drives and full queues lose notifications.</summary>
    [Range(0.1, 86_400)]
    public double RescanSeconds { get; init; } = 10;
}
