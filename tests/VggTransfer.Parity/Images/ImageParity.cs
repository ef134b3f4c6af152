using System.Text.Json;

namespace VggTransfer.Parity.Images;

/// <summary>Checks a folder of image goldens: <c>photos.json</c>, <c>hard.json</c>, or both.</summary>
public static class ImageParity
{
    private const string Photos = "photos.json";
    private const string Hard = "hard.json";

    /// <summary>Whether there is anything to check in a folder.</summary>
    public static bool HasGoldens(string folder) => File.Exists(Path.Combine(folder, Photos)) || File.Exists(Path.Combine(folder, Hard));

    /// <summary>Runs every comparison that the folder asks for.</summary>
    /// <param name="folder">The goldens.</param>
    /// <param name="photos">A zip file or folder with the photos; null to search for one.</param>
    public static IReadOnlyList<ParityCase> Check(string folder, string? photos = null)
    {
        List<ParityCase> cases = [];
        if (Read(folder, Photos, cases) is { } photosDocument)
        {
            using (photosDocument)
            using (PhotoSource source = PhotoSource.Open(folder, photos))
            {
                new PhotoChecks(folder, photosDocument.RootElement, source, cases).Run();
            }
        }

        if (Read(folder, Hard, cases) is { } hardDocument)
        {
            using (hardDocument)
            {
                HardChecks.Run(folder, hardDocument.RootElement, cases);
            }
        }

        return cases;
    }

    private static JsonDocument? Read(string folder, string file, List<ParityCase> cases)
    {
        string path = Path.Combine(folder, file);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return GoldenJson.Read(path);
        }
        catch (JsonException error)
        {
            cases.Add(new ParityCase(file, false, $"is not JSON: {error.Message}"));
            return null;
        }
    }
}
