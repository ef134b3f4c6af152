using System.Text.Json.Nodes;
using VggTransfer.Parity;
using VggTransfer.Parity.Keras;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.ParityProgram;

/// <summary>
/// Goldens of the same format with other counts, runs, schedules and numbers than those that were at hand. Oracle: Keras's rules
/// as the goldens' README has them, worked by hand.
/// </summary>
public sealed class OtherGoldensTests
{
    [Fact]
    public void Infinite_figures_are_read_as_text_and_as_bare_words() => AllPass(CallbackParity.Check(Folder("callbacks.json", """
        {"cases": [
          {"name": "text", "callback": "EarlyStopping", "args": {"patience": 1, "baseline": null}, "initial_epoch": 0, "initial_lr": 0.01,
           "logs": {"val_loss": ["Infinity", 2.0, "NaN", "Infinity", 1.0]},
           "expected": {"epochs_run": [0, 1, 2], "stopped_epoch": 2, "best": 2.0, "stopped": true, "history": {"val_loss": ["Infinity", 2.0, "NaN"]}}},
          {"name": "bare", "callback": "EarlyStopping", "args": {"patience": 1, "min_delta": 0.0}, "initial_epoch": 0, "initial_lr": 0.01,
           "logs": {"val_loss": [Infinity, 2.0, NaN, Infinity, 1.0], "val_accuracy": [-Infinity, 0.1, 0.2, 0.3, 0.4]},
           "expected": {"epochs_run": [0, 1, 2], "stopped_epoch": 2, "best": 2.0,
             "history": {"val_loss": [Infinity, 2.0, NaN], "val_accuracy": [-Infinity, 0.1, 0.2]}}},
          {"name": "word in a text: NaN, Infinity", "callback": "EarlyStopping", "args": {"baseline": "Infinity"}, "initial_lr": 0.01,
           "logs": {"val_loss": [1.0, 0.5]}, "expected": {"epochs_run": [0, 1], "best": 0.5, "stdout": ""}}
        ]}
        """)));

    [Fact]
    public void Several_runs_use_one_model_and_one_callback() => AllPass(CallbackParity.Check(Folder("callbacks.json", """
        {"cases": [
          {"name": "twice", "callback": "ReduceLROnPlateau", "args": {"factor": 0.5, "patience": 1}, "initial_lr": 1.0, "runs": 2,
           "logs": {"val_loss": [1.0, 1.0, 1.0]},
           "expected": {"lr_at_end": [1.0, 0.5, 0.25, 0.25, 0.125, 0.0625], "epochs_run": [0, 1, 2]}},
          {"name": "three times", "callback": "CSVLogger", "args": {"append": true}, "runs": 3, "existing_file_text": null,
           "logs": {"loss": [1.5]}, "expected": {"file_text": "epoch,loss\r\n0,1.5\r\n0,1.5\r\n0,1.5\r\n"}}
        ]}
        """)));

    [Fact]
    public void Schedules_are_Python_expressions_in_every_place_where_one_may_stand() => AllPass(CallbackParity.Check(Folder("callbacks.json", """
        {"cases": [
          {"name": "stairs", "callback": "LearningRateScheduler", "args": {"verbose": 0}, "formula": "0.5 * 0.5 ** (epoch // 3)", "epochs": 7, "initial_lr": 0.01,
           "expected": {"lr_at_begin": [0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]}},
          {"name": "lambda", "callback": "LearningRateScheduler", "args": {}, "formula": "lambda epoch, lr: lr * 0.5 if epoch % 2 else lr", "epochs": 4, "initial_lr": 1.0,
           "expected": {"lr_at_begin": [1.0, 0.5, 0.5, 0.25]}},
          {"name": "together", "callback": "combined", "initial_lr": 0.01, "logs": {"loss": [1.0, 0.5, 0.25]},
           "description": "[LearningRateScheduler(lambda epoch, lr: max(0.25, 1.0 * 0.5 ** (epoch // 1))), EarlyStopping(monitor='loss', patience=2, restore_best_weights=True)]: a remark (with brackets)",
           "expected": {"lr_at_begin": [1.0, 0.5, 0.25], "epochs_run": [0, 1, 2]}},
          {"name": "int", "callback": "LearningRateScheduler", "args": {}, "formula": "epoch // 3", "epochs": 2, "initial_lr": 0.01,
           "error": {"type": "ValueError", "message": "The output of the \"schedule\" function should be float."}}
        ]}
        """)));

    [Fact]
    public void Counts_of_samples_batches_and_epochs_are_the_case_s_own() => AllPass([
        .. CallbackParity.Check(Folder("callbacks.json", """
            {"cases": [
              {"name": "a late one", "callback": "TerminateOnNaN", "description": "30 samples, batch 8, 2 epochs, no validation; sample 17 is NaN",
               "expected": {"batches_seen": [0, 1, 2], "epochs_run": [0], "stdout": "Batch 2: Invalid loss, terminating training\n"}},
              {"name": "none", "callback": "TerminateOnNaN", "description": "5 samples, batch 4, 2 epochs",
               "expected": {"batches_seen": [0, 1, 0, 1], "epochs_run": [0, 1], "history_keys": ["loss"], "stdout": ""}}
            ]}
            """)),
        .. FitParity.Check(Folder("fit.json", """
            {"cases": [
              {"name": "17 by 5", "samples": 17, "fit_args": {"epochs": 2, "batch_size": 5, "shuffle": false, "validation_samples": 3}, "dataset": null,
               "expected": {"epoch": [0, 1], "history_lengths": {"loss": 2, "accuracy": 2, "val_loss": 2, "val_accuracy": 2},
                 "validation_batches": [[100, 101, 102], [100, 101, 102]], "params": {"verbose": 0, "epochs": 2, "steps": 4}}},
              {"name": "dropped", "samples": 7, "fit_args": {"epochs": 1}, "dataset": {"batch": 3, "drop_remainder": true},
               "expected": {"train_batches": [[0, 1, 2], [3, 4, 5]]}}
            ]}
            """)),
    ]);

    [Fact]
    public void A_case_that_cannot_be_run_fails_alone_and_says_why()
    {
        ParityCase[] cases =
        [
            .. CallbackParity.Check(Folder("callbacks.json", """
                {"cases": [
                  {"name": "unknown", "callback": "RemoteMonitor", "args": {}, "logs": {"loss": [1.0]}, "expected": {}},
                  {"name": "expression", "callback": "LearningRateScheduler", "args": {}, "formula": "exec('x')", "epochs": 2, "expected": {}},
                  {"name": "no logs", "callback": "EarlyStopping", "args": {}, "expected": {}},
                  {"name": "a list for a number", "callback": "EarlyStopping", "args": {"patience": [1]}, "logs": {"val_loss": [1.0]}, "expected": {}},
                  {"callback": "EarlyStopping", "args": {}, "logs": {"val_loss": [1.0]}, "initial_lr": 0.01, "expected": {"epochs_run": [0]}}
                ]}
                """)),
            .. FitParity.Check(Folder("fit.json", """{"cases": [{"name": "nothing"}, {"name": "odd", "samples": 4, "fit_args": {"use_multiprocessing": true}, "expected": {}}]}""")),
            .. ScheduleParity.Check(Folder("schedules.json", """{"schedules": [{"type": "Noisy", "args": {}, "steps": [0], "lr": [0.1]}, {"type": "ExponentialDecay"}]}""")),
            .. FileListingParity.Check(Folder("files.json", """{"trees": {}, "listings": [{"function": "walk", "tree": "A", "args": {}}, {"function": "image_dataset_from_directory", "tree": "A", "args": {"follow_links": true}}]}""")),
            .. ProgressParity.Check(Folder("progress.json", "{\"runs\": ")),
            .. TrainingCaseParity.Check(CasesFolder()),
        ];

        Assert.Equal(["callbacks.json case 4"], cases.Where(item => item.Passed).Select(item => item.Name));
        Assert.Equal(12, cases.Length);
        Assert.All(cases, item => Assert.True(item.Passed || item.Detail.Length > 15, $"{item.Name}: {item.Detail}"));
    }

    [Fact]
    public void A_training_case_may_have_other_steps_batches_and_a_schedule_in_words()
    {
        using var folder = new TemporaryFolder();
        string goldens = SharedData.Require("goldens/keras");
        JsonNode golden = JsonNode.Parse(File.ReadAllText(Path.Combine(goldens, "cases", "sgd_plain.json")))!;
        JsonObject config = golden["config"]!.AsObject();
        config["schedule"] = $"{config["learning_rate"]!.ToJsonString()} * 0.5 ** (epoch // 3)";
        config.Remove("learning_rate");
        config.Remove("halve_lr_at_step");
        JsonArray steps = golden["float64"]!["steps"]!.AsArray();
        while (steps.Count > 7)
        {
            steps.RemoveAt(7);
        }

        golden["float64"]!["history"]!.AsObject().Clear();
        JsonObject tensors = golden["tensors"]!.AsObject();
        foreach (string name in tensors.Select(entry => entry.Key).Where(name => !name.Contains("_step1/", StringComparison.Ordinal)).ToArray())
        {
            tensors.Remove(name);
        }

        Directory.CreateDirectory(folder.File("cases"));
        File.WriteAllText(folder.File("cases/shorter.json"), golden.ToJsonString());
        File.Copy(Path.Combine(goldens, "cases", "sgd_plain.safetensors"), folder.File("cases/shorter.safetensors"));
        foreach (string file in (string[])["init_he.safetensors", "batches.safetensors", "batches.json"])
        {
            File.Copy(Path.Combine(goldens, file), folder.File(file));
        }

        AllPass(TrainingCaseParity.Check(folder.Path));
    }

    private static string CasesFolder()
    {
        string folder = Directory.CreateTempSubdirectory("vggtransfer-tests-").FullName;
        Directory.CreateDirectory(Path.Combine(folder, "cases"));
        File.WriteAllText(Path.Combine(folder, "cases", "lonely.json"), """{"init_file": "init_he.safetensors"}""");
        return folder;
    }

    private static string Folder(string file, string json)
    {
        string folder = Directory.CreateTempSubdirectory("vggtransfer-tests-").FullName;
        File.WriteAllText(Path.Combine(folder, file), json);
        return folder;
    }

    private static void AllPass(IEnumerable<ParityCase> cases)
    {
        ParityCase[] all = [.. cases];
        Assert.NotEmpty(all);
        Assert.All(all, item => Assert.True(item.Passed, $"{item.Name}: {item.Detail}"));
    }
}
