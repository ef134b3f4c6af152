using System.CommandLine;
using VggTransfer.DataQuality;

namespace VggTransfer.Cli;

/// <summary>What a check looks for, and what becomes of what it finds.</summary>
internal sealed class CheckOptions
{
    private static readonly ImageFolderCheckOptions s_defaults = new();

    /// <summary>What is moved unless something else is said: what is wrong in itself. Outliers and odd pictures may be right.</summary>
    private static readonly ImageProblem[] s_movedByDefault = [ImageProblem.Unreadable, ImageProblem.ExactDuplicate, ImageProblem.NearDuplicate, ImageProblem.SuspectedLabel];

    private static readonly Dictionary<string, ImageProblem> s_problems = Enum.GetValues<ImageProblem>().ToDictionary(ImageMoves.Name, StringComparer.Ordinal);

    private readonly Option<bool> _quick = new("--quick") { Description = "Leave the network out: duplicates, broken and odd files only" };
    private readonly Option<double?> _labelSupport = ValueOption.OptionalNumber(
        "--label-support", $"A label is suspected below this share of the probability that labels of its class usually get [default: {s_defaults.LabelSupport}]", OptionRange.Of<ImageFolderCheckOptions>(nameof(ImageFolderCheckOptions.LabelSupport)));
    private readonly Option<double?> _outlierDistance = ValueOption.OptionalNumber(
        "--outlier-distance", $"How many times the usual distance to its neighbours makes an outlier [default: {s_defaults.OutlierDistance}]", OptionRange.Of<ImageFolderCheckOptions>(nameof(ImageFolderCheckOptions.OutlierDistance)));
    private readonly Option<int> _smallestSide = ValueOption.Integer("--smallest-side", "Pictures with a shorter side below this are tiny", OptionRange.Of<ImageFolderCheckOptions>(nameof(ImageFolderCheckOptions.SmallestSide)), s_defaults.SmallestSide);
    private readonly Option<double?> _largestAspect = ValueOption.OptionalNumber(
        "--largest-aspect", $"Pictures longer than so many times their shorter side are odd [default: {s_defaults.LargestAspect}]", OptionRange.Of<ImageFolderCheckOptions>(nameof(ImageFolderCheckOptions.LargestAspect)));
    private readonly Option<string?> _moveTo = new("--move-to") { Description = "Move what is proposed to this folder, with a log; nothing is deleted or overwritten", HelpName = "DIR" };
    private readonly Option<IReadOnlyList<ImageProblem>?> _move = ValueOption.Written<IReadOnlyList<ImageProblem>>(
        "--move", $"What --move-to moves, joined by commas: {string.Join(", ", s_problems.Keys)} [default: {string.Join(',', s_movedByDefault.Select(ImageMoves.Name))}]", "KINDS", ParseProblems);
    private readonly Option<string?> _undo = new("--undo") { Description = "Check nothing; move back what an earlier --move-to moved to this folder", HelpName = "DIR" };
    private readonly Option<bool> _exitCode = new("--exit-code") { Description = $"End with exit code {ExitCode.Found} if anything is proposed" };

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_quick, _labelSupport, _outlierDistance, _smallestSide, _largestAspect, _moveTo, _move, _undo, _exitCode])
        {
            command.Add(option);
        }

        command.Validators.Add(result =>
        {
            if (result.GetResult(_move) is not null && result.GetResult(_moveTo) is null)
            {
                result.AddError("--move says what --move-to moves; name a folder with --move-to.");
            }

            if (result.GetResult(_undo) is not null && result.GetResult(_moveTo) is not null)
            {
                result.AddError("--undo and --move-to exclude each other: one moves images away, the other back.");
            }
        });
    }

    /// <summary>The options that need no file.</summary>
    public ImageFolderCheckOptions Create(ParseResult parsed) => new()
    {
        UseNetwork = !parsed.GetValue(_quick),
        LabelSupport = parsed.GetValue(_labelSupport) ?? s_defaults.LabelSupport,
        OutlierDistance = parsed.GetValue(_outlierDistance) ?? s_defaults.OutlierDistance,
        SmallestSide = parsed.GetValue(_smallestSide),
        LargestAspect = parsed.GetValue(_largestAspect) ?? s_defaults.LargestAspect,
    };

    /// <summary>Where proposals go; null to move nothing.</summary>
    public string? MoveTo(ParseResult parsed) => parsed.GetValue(_moveTo);

    /// <summary>Which proposals go there.</summary>
    public IReadOnlyList<ImageProblem> Moved(ParseResult parsed) => parsed.GetValue(_move) ?? s_movedByDefault;

    /// <summary>The folder whose moves are to be undone; null to check.</summary>
    public string? Undo(ParseResult parsed) => parsed.GetValue(_undo);

    /// <summary>What the process ends with.</summary>
    public int ExitCodeOf(ParseResult parsed, ImageFolderCheckResult result) =>
        parsed.GetValue(_exitCode) && result.Proposals.Any(proposal => s_movedByDefault.Contains(proposal.Problem)) ? ExitCode.Found : ExitCode.Done;

    private static ImageProblem[] ParseProblems(string text) =>
    [
        .. text.Split(',', StringSplitOptions.TrimEntries).Select(word => s_problems.TryGetValue(word, out ImageProblem problem)
            ? problem
            : throw new FormatException($"'{word}' is nothing that is moved; there are {string.Join(", ", s_problems.Keys)}.")),
    ];
}
