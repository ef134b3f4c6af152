using System.CommandLine;

namespace VggTransfer.Parity.Weights;

/// <summary><c>weights FOLDER [--json]</c>.</summary>
internal static class WeightsCommand
{
    public static Command Create()
    {
        Argument<string> folder = new("FOLDER") { Description = "A folder with expected.json and expected.safetensors, or with subfolders that have them." };
        Option<bool> json = new("--json") { Description = "Print one JSON document instead of lines." };
        Command command = new("weights", "Reads weight files of all formats and compares what their networks compute with what their writers computed.") { folder, json };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(folder)!;
            string? mistake = !Directory.Exists(path) ? $"There is no folder '{path}'."
                : !WeightsParity.HasGoldens(path) ? $"Neither '{path}' nor a folder in it holds {WeightsGolden.CasesFile}."
                : null;
            if (mistake is not null)
            {
                Console.Error.WriteLine(mistake);
                return ExitCodes.WrongUsage;
            }

            return ParityReport.Write(WeightsParity.Check(path), parsed.GetValue(json), Console.Out);
        });
        return command;
    }
}
