using VggTransfer.Parity;
using VggTransfer.Parity.Keras;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Callbacks;

public class CallbackParityTests
{
    private static string Goldens => SharedData.Require("goldens/keras");

    [Fact]
    public void Callbacks_decide_print_warn_write_and_raise_what_Keras_does() => AllPass(CallbackParity.Check(Goldens));

    [Fact]
    public void Fit_takes_the_samples_and_calls_the_callbacks_that_Keras_does() => AllPass(FitParity.Check(Goldens));

    [Fact]
    public void Screen_texts_are_those_of_Keras_to_the_character() => AllPass(ProgressParity.Check(Goldens));

    [Theory]
    [InlineData("callbacks.json", "\"stopped_epoch\": 6", "\"stopped_epoch\": 5")]
    [InlineData("callbacks.json", "improved from inf to 1.00000", "improved from inf to 1.00001")]
    [InlineData("callbacks.json", "0,0.1,1.0,2.0", "0,0.1,1.0,2.1")]
    [InlineData("fit.json", "\"train_end loss,accuracy\"", "\"train_end loss\"")]
    [InlineData("fit.json", "(in this case, 9 batches)", "(in this case, 8 batches)")]
    [InlineData("progress.json", "loss: 0.6943", "loss: 0.6944")]
    [InlineData("progress.json", "\\u0008\\r5/5", "\\r5/5")]
    public void A_golden_that_says_something_else_is_noticed(string file, string text, string other)
    {
        using var folder = new TemporaryFolder();
        string golden = File.ReadAllText(Path.Combine(Goldens, file)).Replace("\\b", "\\u0008", StringComparison.Ordinal);
        Assert.Contains(text, golden, StringComparison.Ordinal);
        File.WriteAllText(folder.File(file), golden.Replace(text, other, StringComparison.Ordinal));
        Assert.Contains(CallbackParity.Check(folder.Path).Concat(FitParity.Check(folder.Path)).Concat(ProgressParity.Check(folder.Path)), item => !item.Passed);
    }

    private static void AllPass(IEnumerable<ParityCase> cases)
    {
        ParityCase[] all = [.. cases];
        Assert.NotEmpty(all);
        Assert.All(all, item => Assert.True(item.Passed, $"{item.Name}: {item.Detail}"));
    }
}
