using VggTransfer.Cli;

namespace VggTransfer.Tests.Cli;

public sealed class DurationOptionTests
{
    [Theory]
    [InlineData("90s", 90)]
    [InlineData("20m", 1200)]
    [InlineData("1h30m", 5400)]
    [InlineData("2h5s", 7205)]
    [InlineData("1h2m3s", 3723)]
    public void Times_are_read_as_people_write_them(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), DurationOption.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("20")]
    [InlineData("0s")]
    [InlineData("-5m")]
    [InlineData("1.5h")]
    [InlineData("30m1h")]
    [InlineData("10d")]
    [InlineData("999999999h")]
    public void Other_texts_are_none(string text) => Assert.Null(DurationOption.Parse(text));
}
