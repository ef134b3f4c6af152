using System.CommandLine;
using System.CommandLine.Parsing;

namespace VggTransfer.Cli;

/// <summary>Finds what a command doesn't know on its command line, and says what was probably meant.</summary>
internal static class UnknownArguments
{
    private const int ShortestBeginning = 3;

    /// <summary>What is wrong with a command line, as whole sentences; empty where nothing is.</summary>
    public static IReadOnlyList<string> Describe(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (TakenForName(parsed) is { } taken)
        {
            return [Sentence(taken, command) + (NearestOption(taken, command) is null ? " A file of this name goes behind --." : "")];
        }

        // What follows an unknown option is mostly its value, and what is missing mostly what was misspelt.
        return parsed.UnmatchedTokens.Count > 0
            ? [Sentence(parsed.UnmatchedTokens[0], command)]
            : [.. parsed.Errors.Select(error => error.Message)];
    }

    /// <summary>An argument that looks like an option and was taken for a file's name; null if there is none.</summary>
    private static string? TakenForName(ParseResult parsed)
    {
        // Behind two dashes names may begin as they like.
        HashSet<Token> before = new(parsed.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash), ReferenceEqualityComparer.Instance);
        return parsed.CommandResult.Children
            .Where(child => child is ArgumentResult or OptionResult { Option.AllowMultipleArgumentsPerToken: true })
            .SelectMany(child => child.Tokens)
            .FirstOrDefault(token => IsOption(token.Value) && before.Contains(token) && !Path.Exists(token.Value))?.Value;
    }

    private static bool IsOption(string text) => text.Length > 1 && text[0] == '-';

    private static string Sentence(string unknown, Command command)
    {
        if (IsOption(unknown))
        {
            return $"There is no option '{NameOf(unknown)}'{(NearestOption(unknown, command) is { } option ? $"; did you mean {option}?" : ".")}";
        }

        string[] commands = [.. command.Subcommands.Select(item => item.Name)];
        return commands.Length == 0 ? $"'{unknown}' is one argument too many: {command.Name} takes {Arguments(command)}."
            : Nearest(unknown, commands) is { } meant ? $"There is no command '{unknown}'; did you mean {meant}?"
            : $"There is no command '{unknown}'; there are {string.Join(", ", commands)}.";
    }

    private static string Arguments(Command command) =>
        command.Arguments.Count == 0 ? "none" : string.Join(" and ", command.Arguments.Select(argument => argument.Name));

    private static string NameOf(string option) => option.Split('=', ':')[0];

    private static string? NearestOption(string unknown, Command command) => Nearest(NameOf(unknown), OptionNames(command));

    /// <summary>The options of a command and those of its parents that hold for it, too.</summary>
    private static IEnumerable<string> OptionNames(Command command) =>
        command.Options.Concat(command.Parents.OfType<Command>().SelectMany(parent => parent.Options).Where(option => option.Recursive))
            .Where(option => !option.Hidden)
            .SelectMany(option => option.Aliases.Prepend(option.Name))
            .Where(name => name.StartsWith("--", StringComparison.Ordinal));

    private static string? Nearest(string text, IEnumerable<string> names) =>
        names.Select(name => (Name: name, Distance: name.StartsWith(text, StringComparison.Ordinal) && text.TrimStart('-').Length >= ShortestBeginning ? 0 : Distance(text, name)))
            .Where(item => item.Distance <= item.Name.TrimStart('-').Length / 3)
            .OrderBy(item => item.Distance)
            .FirstOrDefault().Name;

    /// <summary>Characters to insert, remove, replace or swap with their neighbour (Damerau and Levenshtein, each place changed once).</summary>
    private static int Distance(string first, string second)
    {
        int[,] costs = new int[first.Length + 1, second.Length + 1];
        for (int i = 0; i <= first.Length; i++)
        {
            for (int j = 0; j <= second.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    costs[i, j] = i + j;
                    continue;
                }

                costs[i, j] = Math.Min(
                    Math.Min(costs[i - 1, j], costs[i, j - 1]) + 1,
                    costs[i - 1, j - 1] + (first[i - 1] == second[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && first[i - 1] == second[j - 2] && first[i - 2] == second[j - 1])
                {
                    costs[i, j] = Math.Min(costs[i, j], costs[i - 2, j - 2] + 1);
                }
            }
        }

        return costs[first.Length, second.Length];
    }
}
