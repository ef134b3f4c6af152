using VggTransfer.Parity.Keras;

namespace VggTransfer.Tests.ParityProgram;

/// <summary>Oracle: what Python 3.11 gives for the same expression, typed in there.</summary>
public sealed class ScheduleExpressionTests
{
    [Theory]
    [InlineData("0.1 * 0.5 ** (epoch // 3)", 0, 0.1)]
    [InlineData("0.1 * 0.5 ** (epoch // 3)", 7, 0.025)]
    [InlineData("lambda epoch: 0.1 * 0.5 ** (epoch // 3)", 5, 0.05)]
    [InlineData("lambda e, r: r * 0.9 if e > 0 else r", 2, 0.45)]
    [InlineData("epoch -> 0.01/(epoch+1)", 3, 0.0025)]
    [InlineData("epoch, lr -> lr*.5", 3, 0.25)]
    [InlineData("0.01 if epoch < 20; 0.001 if epoch < 40; else 0.0001", 39, 0.001)]
    [InlineData("0.01 if epoch < 20; 0.001 if epoch < 40; else 0.0001", 40, 0.0001)]
    [InlineData("0.01 if epoch < 2 else 0.001 if epoch < 4 else 1e-4", 3, 0.001)]
    [InlineData("epoch 0: lr unchanged; else lr*0.9 (lr is read back as float32)", 0, 0.5)]
    [InlineData("epoch 0: lr unchanged; else lr*0.9 (lr is read back as float32)", 1, 0.45)]
    [InlineData("0.1 if 2 <= epoch < 4 else 0.2", 3, 0.1)]
    [InlineData("0.1 if epoch == 1 or not epoch < 5 and epoch != 7 else 0.2", 7, 0.2)]
    [InlineData("max(0.001, 0.1 - 0.04 * epoch)", 5, 0.001)]
    [InlineData("min(0.5, 2.0, epoch + 1.0)", 3, 0.5)]
    [InlineData("0.5 * (1 + math.cos(math.pi * epoch / 4))", 2, 0.5)]
    [InlineData("-2.0 ** 2 + 10", 0, 6)]
    [InlineData("2.0 ** -1", 0, 0.5)]
    [InlineData("2.0 ** 3 ** 2", 0, 512)]
    [InlineData("1.0 // 0.1", 0, 9)]
    [InlineData("-7.0 % 3", 0, 2)]
    [InlineData("-7.0 // 2", 0, -4)]
    public void A_schedule_gives_what_Python_gives(string text, int epoch, double expected)
    {
        ScheduleExpression.Value value = ScheduleExpression.Parse(text).At(epoch, 0.5);

        Assert.Equal(expected, value.Number, 1e-15);
        Assert.False(value.IsInteger);
    }

    [Theory]
    [InlineData("1")]
    [InlineData("epoch // 3")]
    [InlineData("epoch % 2 + 1")]
    [InlineData("max(1, epoch)")]
    public void An_int_is_told_from_a_float_because_Keras_refuses_it(string text) => Assert.True(ScheduleExpression.Parse(text).At(4, 0.5).IsInteger);

    [Theory]
    [InlineData("__import__('os').system('x')")]
    [InlineData("open('x')")]
    [InlineData("epoch.real")]
    [InlineData("0.1 if epoch < 3")]
    [InlineData("0.1 *")]
    [InlineData("")]
    [InlineData("(0.1")]
    [InlineData("0.1 0.2")]
    [InlineData("lr if epoch else")]
    [InlineData("[0.1, 0.2][epoch]")]
    public void Anything_else_is_refused_with_the_text_in_the_message(string text) =>
        Assert.Contains($"'{text}'", Assert.Throws<InvalidDataException>(() => ScheduleExpression.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("0.1 / epoch")]
    [InlineData("0.1 % epoch")]
    public void A_division_by_zero_is_an_error_as_in_Python(string text) =>
        Assert.Throws<InvalidDataException>(() => ScheduleExpression.Parse(text).At(0, 0.5));

    [Fact]
    public void Length_and_depth_are_bounded()
    {
        Assert.Throws<InvalidDataException>(() => ScheduleExpression.Parse(new string('(', 400) + "1.0" + new string(')', 400)));
        Assert.Throws<InvalidDataException>(() => ScheduleExpression.Parse("1.0" + string.Concat(Enumerable.Repeat("**1.0", 190))));
        Assert.Throws<InvalidDataException>(() => ScheduleExpression.Parse("1.0" + string.Concat(Enumerable.Repeat(" + 1.0", 500))));
    }
}
