using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace VggTransfer.DataQuality;

/// <summary>A file that was moved away.</summary>
/// <param name="From">Where it was, as a full path.</param>
/// <param name="To">Where it is, as a full path.</param>
/// <param name="Problem">What was wrong with it.</param>
/// <param name="Reason">What exactly.</param>
public sealed record MovedImage(string From, string To, ImageProblem Problem, string Reason);

/// <summary>
/// Moves images out of a folder, deletes and overwrites nothing, and undoes it. Each move is written to a log before it happens,
/// so what was interrupted can be undone, too.
/// </summary>
public static class ImageMoves
{
    /// <summary>The log's name in the folder that images are moved to: a JSON object a line, with from, to, problem and reason.</summary>
    public const string LogName = "moves.jsonl";

    private const int LongestLog = 1 << 30;

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.KebabCaseLower) },
    };

    /// <summary>Moves images to <c>DIRECTORY/problem/path within the folder</c>; where a file of that name is already, a number is added.</summary>
    /// <param name="proposals">What to move.</param>
    /// <param name="folders">The folders that the images lie in.</param>
    /// <param name="directory">Where they go; made if it doesn't exist. It must not lie in one of the folders, or their images would be among its classes.</param>
    /// <param name="cancellationToken">Ends the work between two files.</param>
    /// <exception cref="ArgumentException">The directory lies within a folder of images, or an image in none of them.</exception>
    /// <exception cref="IOException">A file can't be moved; those before it are, and stand in the log.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be moved; those before it are, and stand in the log.</exception>
    public static IReadOnlyList<MovedImage> Apply(IEnumerable<ProposedMove> proposals, IReadOnlyList<string> folders, string directory, CancellationToken cancellationToken = default)
    {
        string target = CheckDirectory(folders, directory);
        string[] roots = [.. folders.Select(Path.GetFullPath)];
        Directory.CreateDirectory(target);
        var moved = new List<MovedImage>();
        using var log = new StreamWriter(Path.Combine(target, LogName), append: true, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        foreach (ProposedMove proposal in proposals)
        {
            cancellationToken.ThrowIfCancellationRequested();
            string from = Path.GetFullPath(proposal.Image.Path);
            string root = Array.Find(roots, root => IsWithin(from, root))
                ?? throw new ArgumentException($"'{proposal.Image.Path}' lies in none of the folders that are checked.", nameof(proposals));
            string to = FreePath(Path.Combine(target, Name(proposal.Problem), Path.GetRelativePath(root, from)));
            Directory.CreateDirectory(Path.GetDirectoryName(to)!);
            var move = new MovedImage(from, to, proposal.Problem, proposal.Reason);
            log.WriteLine(JsonSerializer.Serialize(move, s_json));
            log.Flush();
            File.Move(from, to, overwrite: false);
            moved.Add(move);
        }

        return moved;
    }

    /// <summary>Moves images back to where they were, the last first. The log is deleted unless an image couldn't come back.</summary>
    /// <param name="directory">Where they went: the folder with the log.</param>
    /// <param name="folders">The folders that they may come back to.</param>
    /// <param name="cancellationToken">Ends the work between two files.</param>
    /// <returns>The moves that were undone, and those that couldn't be because another file has taken the image's place.</returns>
    /// <exception cref="FileNotFoundException">There is no log in the directory.</exception>
    /// <exception cref="InvalidDataException">The log isn't one, or names files elsewhere.</exception>
    /// <exception cref="IOException">A file can't be moved.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be moved.</exception>
    public static (IReadOnlyList<MovedImage> Undone, IReadOnlyList<MovedImage> Blocked) Undo(string directory, IReadOnlyList<string> folders, CancellationToken cancellationToken = default)
    {
        string source = Path.GetFullPath(directory);
        string[] roots = [.. folders.Select(Path.GetFullPath)];
        string log = Path.Combine(source, LogName);
        MovedImage[] moves = ReadLog(log, source, roots);
        var undone = new List<MovedImage>();
        var blocked = new List<MovedImage>();
        foreach (MovedImage move in moves.Reverse())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!File.Exists(move.To))
            {
                // The process ended between the log's line and the move, or somebody took the file away.
                continue;
            }

            if (Path.Exists(move.From))
            {
                blocked.Add(move);
                continue;
            }

            Directory.CreateDirectory(Path.GetDirectoryName(move.From)!);
            File.Move(move.To, move.From, overwrite: false);
            undone.Add(move);
        }

        if (blocked.Count == 0)
        {
            File.Delete(log);
        }

        return (undone, blocked);
    }

    /// <summary>A problem's folder, such as <c>near-duplicate</c>.</summary>
    public static string Name(ImageProblem problem) => JsonNamingPolicy.KebabCaseLower.ConvertName(problem.ToString());

    /// <summary>Makes sure that images may go to a directory, before long work.</summary>
    /// <param name="folders">The folders that are checked.</param>
    /// <param name="directory">Where images are to go; it need not exist.</param>
    /// <returns>Its full path.</returns>
    /// <exception cref="ArgumentException">It lies within a folder of images, or is a file.</exception>
    public static string CheckDirectory(IReadOnlyList<string> folders, string directory)
    {
        string target = Path.GetFullPath(directory);
        string? around = folders.FirstOrDefault(folder => IsWithin(target, Path.GetFullPath(folder)));
        return around is not null ? throw new ArgumentException($"'{directory}' lies in '{around}', so what is moved there would be checked again; name a folder elsewhere.")
            : File.Exists(target) ? throw new ArgumentException($"'{directory}' is a file; name a folder to move images to.")
            : target;
    }

    private static MovedImage[] ReadLog(string log, string source, string[] roots)
    {
        if (!File.Exists(log))
        {
            throw new FileNotFoundException($"There is no '{log}', so nothing that was moved can be moved back; name the folder that images were moved to.", log);
        }

        if (new FileInfo(log).Length > LongestLog)
        {
            throw new InvalidDataException($"'{log}' is no log of moves: it has more than {LongestLog:N0} bytes.");
        }

        string[] lines = File.ReadAllLines(log);
        return [.. lines.Select((line, i) =>
        {
            MovedImage? move = null;
            try
            {
                move = JsonSerializer.Deserialize<MovedImage>(line, s_json);
            }
            catch (JsonException) when (i == lines.Length - 1)
            {
                // Its writer was killed within the line, before the move.
                return null;
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"'{log}' is no log of moves: line {i + 1} can't be read.", e);
            }

            return move is { From: not null, To: not null } && IsWithin(Path.GetFullPath(move.To), source) && roots.Any(root => IsWithin(Path.GetFullPath(move.From), root))
                ? move
                : throw new InvalidDataException($"'{log}' can't be undone: line {i + 1} moves a file that is not in its folder, or back to a place outside the folders that were named.");
        }).OfType<MovedImage>()];
    }

    private static bool IsWithin(string path, string folder)
    {
        string relative = Path.GetRelativePath(folder, path);
        return relative != ".." && !relative.StartsWith(".." + Path.DirectorySeparatorChar, StringComparison.Ordinal) && !Path.IsPathRooted(relative);
    }

    private static string FreePath(string path)
    {
        string free = path;
        for (int number = 2; Path.Exists(free); number++)
        {
            free = Path.Combine(Path.GetDirectoryName(path)!, $"{Path.GetFileNameWithoutExtension(path)} ({number}){Path.GetExtension(path)}");
        }

        return free;
    }
}
