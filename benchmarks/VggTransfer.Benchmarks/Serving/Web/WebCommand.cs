using System.CommandLine;
using VggTransfer.Benchmarks.Material;

namespace VggTransfer.Benchmarks.Serving.Web;

/// <summary>
/// <c>web MODEL</c>: the sample WebClassifier as a process on 127.0.0.1. First what it can do, then four times as many requests, then
/// these with bad uploads among them and slow senders beside them, then what it can do once more.
/// </summary>
internal static class WebCommand
{
    /// <summary>Clients that wait for each answer: as many as one address may have under way.</summary>
    private const int Waiting = 16;

    private const int Overload = 4;

    public static Command Create()
    {
        var model = new Argument<FileInfo>("MODEL") { Description = "A model that 'train' made." };
        var photos = new Option<DirectoryInfo?>("--photos") { Description = "Pictures to send; some are drawn without it." };
        var seconds = new Option<int>("--seconds") { Description = "Seconds of each phase.", DefaultValueFactory = _ => 20 };
        var rounds = new Option<int>("--rounds") { Description = "How often all phases are gone through.", DefaultValueFactory = _ => 1 };
        var service = new Option<FileInfo>("--service") { Description = "The built sample.", DefaultValueFactory = _ => WebService.Built() };
        var command = new Command("web", "The web sample within and over its capacity, and with bad uploads; exit code 1 where it did anything but answer or refuse cleanly.") { model, photos, seconds, rounds, service };
        command.SetAction(async (result, cancellationToken) =>
        {
            using var work = new WorkFolder();
            BenchmarkPhotos pictures = BenchmarkPhotos.Find(result.GetValue(photos), 100, work.Path);
            using WebService running = await WebService.StartAsync(result.GetRequiredValue(service).FullName, result.GetRequiredValue(model).FullName, cancellationToken);
            var uploads = new Uploads([.. pictures.Paths.Select(File.ReadAllBytes)]);
            using var clients = new WebClients(running.Address);
            var load = new WebLoad(clients, uploads, running, TimeSpan.FromSeconds(result.GetValue(seconds)));
            return await RunAsync(load, running, result.GetValue(rounds), cancellationToken) ? 0 : 1;
        });
        return command;
    }

    private static async Task<bool> RunAsync(WebLoad load, WebService service, int rounds, CancellationToken cancellationToken)
    {
        await load.LearnAnswersAsync(cancellationToken);
        Console.WriteLine(WebPhase.Head);
        bool isClean = true;
        for (int round = 0; round < rounds; round++)
        {
            WebPhase capacity = Print(await load.WithinCapacityAsync($"{Waiting} clients that wait for answers", Waiting, cancellationToken));
            double rate = Overload * capacity.Answered / capacity.Seconds;
            WebPhase over = Print(await load.AtRateAsync($"{Overload} times as many requests", rate, withBad: false, cancellationToken));
            WebPhase bad = Print(await load.AtRateAsync("the same, bad uploads among them", rate, withBad: true, cancellationToken));
            WebPhase after = Print(await load.WithinCapacityAsync("at once afterwards", Waiting, cancellationToken));
            isClean &= new[] { capacity, over, bad, after }.All(phase => phase.Unexpected.IsEmpty) && after.Refused == 0;
        }

        if (service.IsRunning)
        {
            Console.WriteLine($"Most memory at any time: {service.PeakMegabytes:F0} MB.");
        }

        return isClean && service.IsRunning;
    }

    private static WebPhase Print(WebPhase phase)
    {
        Console.WriteLine(phase.ToRow());
        foreach ((string what, int count) in phase.Unexpected.OrderByDescending(pair => pair.Value))
        {
            Console.Error.WriteLine($"unexpected, {count} times: {what}");
        }

        return phase;
    }
}
