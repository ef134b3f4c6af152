using System.CommandLine;
using VggTransfer.Training;

namespace NotebookVgg16;

/// <summary>The notebook's network, or one that learns.</summary>
internal enum Variant
{
    /// <summary>As in the notebook.</summary>
    Plain,

    /// <summary>With He's initial values.</summary>
    He,

    /// <summary>With batch norm behind each convolution, and He's initial values.</summary>
    BatchNorm,
}

/// <summary>What the command line says.</summary>
internal sealed record Arguments(string Data, int Epochs, int? Steps, string? Output, Variant Variant, Precision Precision)
{
    private static readonly CancellationTokenSource s_interruption = new();

    /// <summary>Cancelled by the first Ctrl+C; the second ends the process.</summary>
    public static CancellationToken Interruption => s_interruption.Token;

    /// <returns>Null where help was asked for, or something is wrong and was said.</returns>
    public static Arguments? Parse(string[] args)
    {
        Option<string> data = new("--data") { Description = "A folder with cifar10-train.zip and cifar10-test.zip, or with folders train and test", Required = true };
        Option<int> epochs = new("--epochs") { Description = "Epochs", DefaultValueFactory = _ => 5 };
        Option<int?> steps = new("--steps") { Description = "Steps after which an epoch ends early" };
        Option<string?> output = new("--output") { Description = "A folder for checkpoints, log, weights and curves" };
        Option<string> variant = new("--variant") { Description = "The notebook's network, or one that learns", DefaultValueFactory = _ => "plain" };
        variant.AcceptOnlyFromAmong("plain", "he", "batch-norm");
        Option<string> precision = new("--precision") { Description = "The notebook's float32, or bfloat16, twice as fast where the processor has it", DefaultValueFactory = _ => "float32" };
        precision.AcceptOnlyFromAmong("float32", "bfloat16");
        Arguments? parsed = null;
        RootCommand command = new("Trains VGG16 on CIFAR-10 as the Keras notebook does.") { data, epochs, steps, output, variant, precision };
        command.SetAction(result => parsed = new Arguments(
            result.GetRequiredValue(data),
            Math.Max(1, result.GetValue(epochs)),
            result.GetValue(steps),
            result.GetValue(output),
            result.GetValue(variant) switch { "he" => Variant.He, "batch-norm" => Variant.BatchNorm, _ => Variant.Plain },
            result.GetValue(precision) == "bfloat16" ? Precision.BFloat16 : Precision.Float32));
        command.Parse(args).Invoke();
        Console.CancelKeyPress += (_, e) =>
        {
            e.Cancel = !s_interruption.IsCancellationRequested;
            s_interruption.Cancel();
        };
        return parsed;
    }
}
