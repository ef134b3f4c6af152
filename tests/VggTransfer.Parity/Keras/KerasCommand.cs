using System.CommandLine;

namespace VggTransfer.Parity.Keras;

/// <summary><c>keras FOLDER [--json]</c>.</summary>
internal static class KerasCommand
{
    public static Command Create()
    {
        Argument<string> folder = new("FOLDER") { Description = "A folder of what Keras computed: cases, schedules, callbacks, screen texts." };
        Option<bool> json = new("--json") { Description = "Print one JSON document instead of lines." };
        Command command = new("keras", "Checks training, schedules, callbacks and screen texts against Keras's.") { folder, json };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(folder)!;
            if (!Directory.Exists(path))
            {
                Console.Error.WriteLine($"There is no folder '{path}'.");
                return ExitCodes.WrongUsage;
            }

            IReadOnlyList<ParityCase> cases = KerasParity.Check(path);
            if (cases.Count == 0)
            {
                Console.Error.WriteLine($"'{path}' holds nothing of what Keras's goldens hold.");
                return ExitCodes.WrongUsage;
            }

            return ParityReport.Write(cases, parsed.GetValue(json), Console.Out);
        });
        return command;
    }
}
