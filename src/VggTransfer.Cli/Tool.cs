using System.CommandLine;
using System.CommandLine.Help;
using System.Reflection;
using System.Text;

namespace VggTransfer.Cli;

/// <summary>The command line as a whole: from arguments to an exit code.</summary>
internal static class Tool
{
    public const string Name = "vggtransfer";

    public static string Version { get; } = typeof(Tool).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";

    private static readonly string[] s_examples =
    [
        "vggtransfer train photos --output model.zip",
        "vggtransfer predict model.zip new-photos",
        "vggtransfer train --help",
    ];

    public static async Task<int> RunAsync(string[] args)
    {
        UseUtf8();
        RootCommand root = CreateRoot();
        ParseResult parsed = root.Parse(args, new ParserConfiguration
        {
            // A photo may be called @home.jpg, and nothing may be made of its content.
            ResponseFileTokenReplacer = null,
            EnablePosixBundling = false,
        });
        bool debug = parsed.GetValue(GlobalOptions.Debug);
        if (parsed.Action is not HelpWithExamples && UnknownArguments.Describe(parsed) is { Count: > 0 } mistakes)
        {
            return FailureReport.WriteUsage(mistakes, parsed.CommandResult.Command);
        }

        if (args.Contains(""))
        {
            // Mostly a shell variable that isn't set.
            return FailureReport.WriteUsage(["An argument is empty; name a file, a folder or a value."], parsed.CommandResult.Command);
        }

        using var interruption = new Interruption();
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, interruption.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (interruption.Token.IsCancellationRequested)
        {
            Console.Error.WriteLine("Cancelled.");
            return ExitCode.Cancelled;
        }
        catch (Exception exception)
        {
            return FailureReport.Write(exception, parsed.CommandResult.Command, debug);
        }
    }

    internal static RootCommand CreateRoot()
    {
        RootCommand root = new("Transfer learning with VGG: trains, judges and uses image classifiers on folders of photos.")
        {
            new TrainCommand(),
            new FineTuneCommand(),
            new FitCommand(),
            new EvaluateCommand(),
            new PredictCommand(),
            new QuantizeCommand(),
            new FeaturesCommand(),
            new CheckCommand(),
            new SimilarCommand(),
            new AugmentCommand(),
            new SummaryCommand(),
            new WeightsCommand(),
            new NewCommand(),
            new CacheCommand(),
            GlobalOptions.Quiet,
            GlobalOptions.Debug,
        };

        // The assembly has another name than the command.
        root.HelpName = Name;
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        var action = new HelpWithExamples((HelpAction)help.Action!, s_examples);
        help.Action = action;
        root.SetAction(action.Invoke);
        return root;
    }

    private static void UseUtf8()
    {
        try
        {
            Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        }
        catch (IOException)
        {
            // Windows without a console has no code page to set; redirected output is UTF-8 without it.
            return;
        }
    }
}
