using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using VggTransfer.DataQuality;
using VggTransfer.Datasets;

namespace VggTransfer.Benchmarks.DataQuality;

/// <summary>
/// Plants known faults in pictures and counts what a check finds of them. Options were chosen on the half called tuning; the
/// other is what figures are told of.
/// </summary>
internal static class PlantedFaultsCommand
{
    public static Command Create()
    {
        var source = new Argument<string>("SOURCE") { Description = "A zip file with class/picture.jpg, or a folder of classes." };
        var images = new Option<int>("--images") { Description = "Pictures in each half.", DefaultValueFactory = _ => 2000 };
        var half = new Option<string>("--half") { Description = "tuning or test.", DefaultValueFactory = _ => "test" };
        half.AcceptOnlyFromAmong("tuning", "test");
        var seed = new Option<int>("--seed") { Description = "Seed of the halves and of the faults.", DefaultValueFactory = _ => 1 };
        var inputSize = new Option<int?>("--input-size") { Description = "Pixels; by default what check chooses." };
        var command = new Command("planted-faults", "Prints precision and recall of 'check' for each kind of planted fault.") { source, images, half, seed, inputSize };
        command.SetAction((result, cancellationToken) =>
        {
            SourcePicture[] pictures = Read(result.GetRequiredValue(source));
            int count = Math.Min(result.GetValue(images), pictures.Length / 2);
            new Random(result.GetValue(seed)).Shuffle(pictures);
            SourcePicture[] part = [.. pictures.Skip(result.GetValue(half) == "test" ? count : 0).Take(count)];
            DirectoryInfo folder = Directory.CreateTempSubdirectory("vggtransfer-planted-");
            try
            {
                Measure(folder.FullName, part, result.GetValue(seed), result.GetValue(inputSize), cancellationToken);
            }
            finally
            {
                folder.Delete(recursive: true);
            }

            return Task.CompletedTask;
        });
        return command;
    }

    private static void Measure(string folder, SourcePicture[] pictures, int seed, int? inputSize, CancellationToken cancellationToken)
    {
        IReadOnlyList<PlantedFile> planted = new FaultPlanter(folder, seed).Plant(pictures);
        var clock = Stopwatch.StartNew();
        ImageFolderCheckResult result = ImageFolderCheck.Run(ImageFolder.Open(folder, cancellationToken), new ImageFolderCheckOptions { InputSize = inputSize }, cancellationToken: cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{result.Images} files of {pictures.Length} pictures, {clock.Elapsed.TotalSeconds:F0} s; features {result.Features!.Layer} at {result.Features.InputSize}; heads agree with {result.Features.HeldOutAccuracy:P1} of the labels."));
        Console.WriteLine("| fault | planted | found | right | precision | recall |");
        Console.WriteLine("|---|---|---|---|---|---|");
        Row("broken files", Paths(PlantedFault.Broken), result.Unreadable.Select(item => item.Image.Path));
        HashSet<string> copies = Paths(PlantedFault.Recompressed, PlantedFault.Resized, PlantedFault.Mirrored);
        Dictionary<string, string> originals = planted.Where(file => copies.Contains(file.Path)).ToDictionary(file => file.Path, file => file.Original);

        // Whichever of the two is proposed: the check can't know which was there first.
        string CopyOf(string path, string kept) => originals.GetValueOrDefault(path) == kept ? path : originals.GetValueOrDefault(kept) == path ? kept : path;
        string[] found = [.. result.Duplicates.SelectMany(group => group.Copies.Select(copy => CopyOf(copy.Image.Path, group.Kept.Path)))];
        Row("near copies", copies, found);
        foreach (PlantedFault kind in (PlantedFault[])[PlantedFault.Recompressed, PlantedFault.Resized, PlantedFault.Mirrored])
        {
            HashSet<string> ofKind = Paths(kind);
            Row($"- {kind.ToString().ToLowerInvariant()}", ofKind, found.Where(path => ofKind.Contains(path) || !copies.Contains(path)));
        }

        // Copies and outliers that were put into a random class have wrong labels, too; they count neither for nor against.
        HashSet<string> wrong = Paths(PlantedFault.WrongLabel);
        HashSet<string> neither = [.. copies, .. originals.Values, .. Paths(PlantedFault.Outlier)];
        SuspectedLabel[] suspected = [.. result.SuspectedLabels.Where(item => !neither.Contains(item.Image.Path))];
        Row("wrong labels", wrong, suspected.Select(item => item.Image.Path));
        Row("- the surest third", wrong, suspected.Take((suspected.Length + 2) / 3).Select(item => item.Image.Path));
        Row("outliers", Paths(PlantedFault.Outlier), result.Outliers.Select(item => item.Image.Path));
        var truth = planted.Where(file => file.Kind == PlantedFault.WrongLabel).ToDictionary(file => file.Path, file => file.Original);
        Console.WriteLine($"Of the wrong labels found, the class suggested is the true one {suspected.Count(item => truth.GetValueOrDefault(item.Image.Path) == item.Suggested)} times of {suspected.Count(item => truth.ContainsKey(item.Image.Path))}.");

        HashSet<string> Paths(params PlantedFault[] kinds) => [.. planted.Where(file => kinds.Contains(file.Kind)).Select(file => file.Path)];
    }

    private static void Row(string fault, HashSet<string> planted, IEnumerable<string> found)
    {
        string[] all = [.. found];
        int right = all.Count(planted.Contains);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {fault} | {planted.Count} | {all.Length} | {right} | {(double)right / Math.Max(1, all.Length):F2} | {(double)right / Math.Max(1, planted.Count):F2} |"));
    }

    private static SourcePicture[] Read(string source)
    {
        if (Directory.Exists(source))
        {
            return [.. ImageFolder.Open(source).Images.Select(image => new SourcePicture(image.Label, Path.GetFileName(image.Path), File.ReadAllBytes(image.Path)))];
        }

        using ZipArchive archive = ZipFile.OpenRead(source);
        return [.. archive.Entries.Where(entry => entry.Name.Length > 0).OrderBy(entry => entry.FullName, StringComparer.Ordinal).Select(entry =>
        {
            using var content = new MemoryStream();
            using Stream stream = entry.Open();
            stream.CopyTo(content);
            return new SourcePicture(Path.GetFileName(Path.GetDirectoryName(entry.FullName))!, entry.Name, content.ToArray());
        })];
    }
}
