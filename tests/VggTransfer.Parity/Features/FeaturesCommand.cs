using System.CommandLine;
using VggTransfer.Models;

namespace VggTransfer.Parity.Features;

/// <summary><c>features FOLDER [--photos ZIP-or-FOLDER] [--weights FILE] [--json]</c>.</summary>
internal static class FeaturesCommand
{
    public static Command Create()
    {
        Argument<string> folder = new("FOLDER") { Description = "A folder with layer-means.json, a .safetensors file of features, or both." };
        Option<string?> photos = new("--photos") { Description = "The zip file or folder that holds the photos." };
        Option<string?> weights = new("--weights") { Description = "The network, a .safetensors file; by default the backbone that comes with the library." };
        Option<bool> json = new("--json") { Description = "Print one JSON document instead of lines." };
        Command command = new("features", "Checks a network's features and inner layers against goldens.") { folder, photos, weights, json };
        command.SetAction(parsed =>
        {
            string path = parsed.GetValue(folder)!;
            string? photosPath = parsed.GetValue(photos);
            string? mistake = !Directory.Exists(path) ? $"There is no folder '{path}'."
                : !FeatureParity.HasGoldens(path) ? $"'{path}' holds neither {FeatureGoldens.MeansFile} nor a .safetensors file."
                : photosPath is not null && !Path.Exists(photosPath) ? $"There is no file or folder '{photosPath}'."
                : null;
            if (mistake is not null)
            {
                Console.Error.WriteLine(mistake);
                return ExitCodes.WrongUsage;
            }

            VggModel model;
            try
            {
                model = FeatureParity.OpenModel(parsed.GetValue(weights));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine(e.Message);
                return ExitCodes.WrongUsage;
            }

            using (model)
            {
                return ParityReport.Write(FeatureParity.Check(path, model, photosPath), parsed.GetValue(json), Console.Out);
            }
        });
        return command;
    }
}
