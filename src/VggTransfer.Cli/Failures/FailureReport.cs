using System.CommandLine;
using Microsoft.ML.OnnxRuntime;
using VggTransfer.Keras.Models;
using VggTransfer.Training;

namespace VggTransfer.Cli;

/// <summary>Failures as sentences on standard error, and their exit codes.</summary>
internal static class FailureReport
{
    /// <summary>Says what is wrong with the command line.</summary>
    public static int WriteUsage(IEnumerable<string> messages, Command command)
    {
        foreach (string message in messages)
        {
            WriteError(message);
        }

        Console.Error.WriteLine($"Run '{NameOf(command)} --help' for options and examples.");
        return ExitCode.WrongUsage;
    }

    /// <summary>Says why a command failed.</summary>
    public static int Write(Exception exception, Command command, bool debug)
    {
        // What parallel loops throw wraps what happened.
        Exception cause = exception is AggregateException aggregate ? aggregate.Flatten().InnerExceptions[0] : exception;
        int exitCode = ExitCode.Failed;
        if (cause is UsageException)
        {
            exitCode = WriteUsage([cause.Message], command);
        }
        else if (IsExpected(cause))
        {
            WriteError(SentenceOf(cause));
        }
        else
        {
            WriteError($"something unexpected happened ({cause.GetType().Name}: {cause.Message.TrimEnd('.')}); please report it with the command line, and run again with --debug for the details.");
        }

        if (debug)
        {
            Console.Error.WriteLine(exception);
        }

        return exitCode;
    }

    private static string NameOf(Command command) =>
        command is RootCommand ? Tool.Name
        : command.Parents.OfType<Command>().FirstOrDefault() is { } parent ? $"{NameOf(parent)} {command.Name}"
        : command.Name;

    private static bool IsExpected(Exception exception) =>
        exception is IOException or InvalidDataException or UnauthorizedAccessException or ArgumentException or FormatException or NotSupportedException
            or TrainingEngineNotFoundException or TrainingDivergedException || IsOutOfMemory(exception);

    private static bool IsOutOfMemory(Exception exception) =>
        exception is OutOfMemoryException || (exception is OnnxRuntimeException && exception.Message.Contains("Failed to allocate memory", StringComparison.Ordinal));

    private static string SentenceOf(Exception exception)
    {
        if (IsOutOfMemory(exception))
        {
            return "There isn't enough memory for this; choose a smaller --batch-size or --input-size, or fewer images.";
        }

        // ArgumentException adds the parameter and the value in lines of its own.
        string message = exception.Message;
        int end = message.IndexOf(" (Parameter '", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }

    private static void WriteError(string sentence) => Console.Error.WriteLine("error: " + PrintableText.Of(sentence));
}
