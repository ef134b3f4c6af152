using System.Diagnostics;

namespace VggTransfer.Tests.Cli;

public sealed class UsageTests
{
    [Theory]
    [InlineData("train")]
    [InlineData("finetune")]
    [InlineData("fit")]
    [InlineData("evaluate")]
    [InlineData("predict")]
    [InlineData("features")]
    [InlineData("check")]
    [InlineData("similar")]
    [InlineData("augment")]
    [InlineData("summary")]
    [InlineData("weights")]
    [InlineData("quantize")]
    [InlineData("new")]
    [InlineData("cache")]
    public void Help_ends_with_examples(string command)
    {
        CommandLineResult result = Run(command, "--help").Expect(0);
        string[] examples = result.Output[result.Output.IndexOf("Examples:", StringComparison.Ordinal)..].Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.True(examples.Length >= 2);
        Assert.All(examples, example => Assert.StartsWith($"  vggtransfer {command}", example, StringComparison.Ordinal));
        Assert.Contains($"vggtransfer {command}", result.Output, StringComparison.Ordinal);
        Assert.Empty(result.Error);
    }

    [Fact]
    public void Help_names_the_range_before_the_default() =>
        Assert.Contains("(above 0 and below 1) [default: 0.2]", Run("train", "--help").Expect(0).Output, StringComparison.Ordinal);

    [Fact]
    public void Without_arguments_it_prints_its_help()
    {
        CommandLineResult result = Run().Expect(0);
        Assert.Contains("Commands:", result.Output, StringComparison.Ordinal);
        Assert.Contains("Examples:", result.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void The_version_is_the_assemblys() =>
        Assert.Equal(FileVersionInfo.GetVersionInfo(CommandLineProcess.AssemblyPath).ProductVersion, Run("--version").Expect(0).Output.Trim());

    [Theory]
    [InlineData("--batch-size must be a whole number from 1 to 256, and is '0'", "train", "p", "-o", "m.zip", "--batch-size", "0")]
    [InlineData("--input-size must be a whole number from 32 to 4096, or auto, and is '31'", "train", "p", "-o", "m.zip", "--input-size", "31")]
    [InlineData("--validation-fraction must be a number above 0 and below 1, and is '1'", "train", "p", "-o", "m.zip", "--validation-fraction", "1")]
    [InlineData("--l2 must be a number 0 or more, and is '-1'", "train", "p", "-o", "m.zip", "--l2", "-1")]
    [InlineData("--seed must be a whole number", "train", "p", "-o", "m.zip", "--seed", "1.5")]
    [InlineData("--layer: 'fc9'", "train", "p", "-o", "m.zip", "--layer", "fc9")]
    [InlineData("--orientation must be one of upright, as-stored", "train", "p", "-o", "m.zip", "--orientation", "left")]
    [InlineData("--validation and --validation-fraction exclude each other", "train", "p", "-o", "m.zip", "--validation", "q", "--validation-fraction", "0.1")]
    [InlineData("'--output' is required", "train", "p")]
    [InlineData("'--output' is required", "fit", "p")]
    [InlineData("--architecture must be one of A, B", "fit", "p", "-o", "d", "--architecture", "F")]
    [InlineData("--learning-rate must be a number above 0, and is '0'", "fit", "p", "-o", "d", "--learning-rate", "0")]
    [InlineData("--optimizer must be one of sgd, adam, adamw, rmsprop", "fit", "p", "-o", "d", "--optimizer", "lion")]
    [InlineData("--warm-up belongs to the cosine schedule", "fit", "p", "-o", "d", "--warm-up", "2", "--schedule", "constant")]
    [InlineData("--validation and --validation-fraction exclude each other", "fit", "p", "-o", "d", "--validation", "q", "--validation-fraction", "0.1")]
    [InlineData("'--output' is required", "finetune", "p")]
    [InlineData("--freeze-until must be none, head, or a convolution from block1_conv1 to block5_conv4, and is 'block9'", "finetune", "p", "-o", "d", "--freeze-until", "block9")]
    [InlineData("--time-budget must be a time such as 90s, 20m or 1h30m, and is '20'", "finetune", "p", "-o", "d", "--time-budget", "20")]
    [InlineData("--sizes must be growing whole numbers from 32 to 4096, divided by commas, such as 96,128, and is '128,96'", "finetune", "p", "-o", "d", "--sizes", "128,96")]
    [InlineData("--sizes and --input-size exclude each other", "finetune", "p", "-o", "d", "--sizes", "96,128", "--input-size", "128")]
    [InlineData("--continue-from and --backbone exclude each other", "finetune", "p", "-o", "d", "--continue-from", "m.zip", "--backbone", "b.pth")]
    [InlineData("--find-rate and --resume exclude each other", "finetune", "p", "-o", "d", "--find-rate", "--resume")]
    [InlineData("--head must be one of pooled, dense", "finetune", "p", "-o", "d", "--head", "flat")]
    [InlineData("--block-rate-factor must be a number above 0 and at most 1, and is '2'", "finetune", "p", "-o", "d", "--block-rate-factor", "2")]
    [InlineData("--average must be one of none, ema, swa", "finetune", "p", "-o", "d", "--average", "all")]
    [InlineData("--validation and --validation-fraction exclude each other", "finetune", "p", "-o", "d", "--validation", "q", "--validation-fraction", "0.1")]
    [InlineData("--top must be a whole number from 1 to 1000", "predict", "m.zip", "a.jpg", "--top", "0")]
    [InlineData("--csv and --json exclude each other", "predict", "m.zip", "a.jpg", "--csv", "--json")]
    [InlineData("--resize: 'huge' is not a resize recipe", "features", "p", "-o", "f.csv", "--resize", "huge")]
    [InlineData("--output must end in .png, .jpg, .jpeg", "augment", "p", "-o", "sheet.gif")]
    [InlineData("--crop-scale must be a number 0.01 to 1, and is '0'", "augment", "p", "-o", "s.png", "--crop-scale", "0")]
    [InlineData("--augment must be one of none, mirror, photo", "augment", "p", "-o", "s.png", "--augment", "flip")]
    [InlineData("--width must be a number above 0 and at most 8", "summary", "--width", "nan")]
    [InlineData("--columns must be some of", "summary", "--columns", "trainable,colour")]
    [InlineData("--backbone and --width exclude each other", "summary", "--backbone", "vgg16-imagenet-conv", "--width", "2")]
    [InlineData("There is no command 'frobnicate'; there are train, finetune,", "frobnicate")]
    [InlineData("There is no command 'trian'; did you mean train?", "trian", "photos")]
    [InlineData("There is no option '--input-sze'; did you mean --input-size?", "train", "p", "-o", "m.zip", "--input-sze", "64")]
    [InlineData("There is no option '--out'; did you mean --output?", "train", "p", "--out=m.zip")]
    [InlineData("There is no option '--topp'; did you mean --top?", "predict", "m.zip", "a.jpg", "--topp", "3")]
    [InlineData("There is no option '-o'. A file of this name goes behind --.", "predict", "m.zip", "a.jpg", "-o", "rows.csv")]
    [InlineData("There is no option '--indx'; did you mean --index?", "similar", "p", "--query", "a.jpg", "--indx", "i")]
    [InlineData("'q' is one argument too many: evaluate takes MODEL and FOLDER.", "evaluate", "m.zip", "p", "q")]
    [InlineData("KIND must be one of console, webapi, worker, and is 'wpf'.", "new", "wpf", "--model", "m.zip", "--output", "d")]
    [InlineData("--what must be one of weights, features, all, and is 'models'.", "cache", "clear", "--what", "models")]
    [InlineData("--output must end in .zip, .mlnet, and is 'm.onnx'", "train", "p", "-o", "m.onnx")]
    [InlineData("--report must end in .html, .htm, and is 'report.pdf'", "evaluate", "m.zip", "p", "--report", "report.pdf")]
    [InlineData("--find-rate and --report exclude each other", "finetune", "p", "-o", "d", "--find-rate", "--report", "r.html")]
    [InlineData("An argument is empty", "evaluate", "m.zip", "")]
    public void Wrong_usage_names_the_option_and_the_range(string expected, params string[] arguments)
    {
        CommandLineResult result = Run(arguments).Expect(2);
        Assert.Contains(result.ErrorLines, line => line.StartsWith("error: ", StringComparison.Ordinal) && line.Contains(expected, StringComparison.Ordinal));
        Assert.Contains("--help' for options and examples.", result.ErrorLines[^1], StringComparison.Ordinal);
        Assert.Empty(result.Output);
    }

    private static CommandLineResult Run(params string[] arguments) => CommandLineProcess.Run(Path.GetTempPath(), arguments);
}
