using System.CommandLine;

namespace VggTransfer.Parity.Images;

/// <summary><c>images FOLDER [--photos ZIP-or-FOLDER] [--json]</c>.</summary>
internal static class ImagesCommand
{
    public static Command Create()
    {
        Argument<string> folder = new("FOLDER") { Description = "A folder with photos.json, hard.json or both." };
        Option<string?> photos = new("--photos") { Description = "The zip file or folder that holds the photos named in photos.json." };
        Option<bool> json = new("--json") { Description = "Print one JSON document instead of lines." };
        Command command = new("images", "Checks decoding, resizing and normalisation against goldens.") { folder, photos, json };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(folder)!;
            string? photosPath = parsed.GetValue(photos);
            string? mistake = !Directory.Exists(path) ? $"There is no folder '{path}'."
                : !ImageParity.HasGoldens(path) ? $"'{path}' holds neither photos.json nor hard.json."
                : photosPath is not null && !Path.Exists(photosPath) ? $"There is no file or folder '{photosPath}'."
                : null;
            if (mistake is not null)
            {
                Console.Error.WriteLine(mistake);
                return ExitCodes.WrongUsage;
            }

            return ParityReport.Write(ImageParity.Check(path, photosPath), parsed.GetValue(json), Console.Out);
        });
        return command;
    }
}
