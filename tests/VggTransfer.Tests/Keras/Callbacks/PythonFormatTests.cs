using System.Globalization;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Callbacks;

/// <summary>The oracle is Python itself where it is installed, and what Python printed where it isn't.</summary>
public class PythonFormatTests
{
    [Theory]
    [InlineData(0.40625, "0.4062")]
    [InlineData(0.59375, "0.5938")]
    [InlineData(0.03125, "0.0312")]
    [InlineData(-0.00005, "-0.0001")]
    [InlineData(0.0, "0.0000")]
    [InlineData(1e15, "1000000000000000.0000")]
    [InlineData(double.NaN, "nan")]
    [InlineData(double.NegativeInfinity, "-inf")]
    public void Halves_go_to_the_even_digit(double value, string expected) => Assert.Equal(expected, PythonFormat.Fixed(value, 4));

    [Theory]
    [InlineData(0.0, "0.0000e+00")]
    [InlineData(9.99996e-5, "1.0000e-04")]
    [InlineData(-1.25e-10, "-1.2500e-10")]
    [InlineData(1.5e300, "1.5000e+300")]
    public void Exponents_have_two_digits_or_more(double value, string expected) => Assert.Equal(expected, PythonFormat.Exponent(value, 4));

    [Theory]
    [InlineData(1.0, "1.0")]
    [InlineData(-0.0, "-0.0")]
    [InlineData(1e16, "1e+16")]
    [InlineData(9999999999999998.0, "9999999999999998.0")]
    [InlineData(1e23, "1e+23")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(123456.789, "123456.789")]
    public void A_number_is_shown_with_the_fewest_digits_that_give_it_back(double value, string expected) => Assert.Equal(expected, PythonFormat.Repr(value));

    [Theory]
    [InlineData(0.01f, "0.01")]
    [InlineData(0.0033333334f, "0.0033333334")]
    [InlineData(1e-5f, "1e-05")]
    [InlineData(0.1f, "0.1")]
    public void A_4_byte_number_is_shown_with_fewer(float value, string expected) => Assert.Equal(expected, PythonFormat.Repr(value));

    [Fact]
    public void Random_numbers_are_printed_as_Python_prints_them()
    {
        var random = new Random(3);
        double[] values =
        [
            .. Enumerable.Range(0, 400).Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64())).Where(double.IsFinite),
            .. Enumerable.Range(0, 400).Select(_ => random.Next(1, 4096) / 4096.0 * Math.Pow(10, random.Next(-6, 7))),
            .. Enumerable.Range(1, 64).Select(i => i / 64.0),
        ];
        string script = """
            import sys
            for text in sys.argv[1:]:
                value = float.fromhex(text)
                print(repr(value), f'{value:.4f}', f'{value:.5f}', f'{value:.0f}', f'{value:.4e}', f'{value:.3g}', f'{value:08.2f}', f'{value:+.1%}')
            """;
        string[] expected = PythonOracle.Run("sys", "python3", script, [.. values.Select(Hexadecimal)]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(expected, values.Select(value => string.Join(
            ' ',
            PythonFormat.Repr(value),
            PythonFormat.Fixed(value, 4),
            PythonFormat.Fixed(value, 5),
            PythonFormat.Fixed(value, 0),
            PythonFormat.Exponent(value, 4),
            Template("{v:.3g}", value),
            Template("{v:08.2f}", value),
            Template("{v:+.1%}", value))));
    }

    [Theory]
    [InlineData("w-{epoch:02d}-{loss:.2f}.h5", "w-07-0.12.h5")]
    [InlineData("{epoch}-{epoch:>4}-{epoch:<3}|{epoch:^5}|{epoch:*^5d}", "7-   7-7  |  7  |**7**")]
    [InlineData("{loss}", "0.125")]
    [InlineData("{loss:e} {loss:.1E} {loss:6.1f}|{epoch:.1f}", "1.250000e-01 1.2E-01    0.1|7.0")]
    [InlineData("{{epoch}}", "{epoch}")]
    public void Fields_are_filled_as_str_format_fills_them(string template, string expected) =>
        Assert.Equal(expected, FormatTemplate.Format(template, new Dictionary<string, int> { ["epoch"] = 7 }, [KeyValuePair.Create("loss", 0.125)]));

    [Theory]
    [InlineData("{epoch")]
    [InlineData("epoch}")]
    [InlineData("{epoch:zz}")]
    [InlineData("{loss:d}")]
    public void Malformed_fields_are_refused(string template) =>
        Assert.Throws<FormatException>(() => FormatTemplate.Format(template, new Dictionary<string, int> { ["epoch"] = 7 }, [KeyValuePair.Create("loss", 0.125)]));

    private static string Template(string template, double value) => FormatTemplate.Format(template, new Dictionary<string, int>(), [KeyValuePair.Create("v", value)]);

    private static string Hexadecimal(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)((bits >> 52) & 0x7FF);
        return string.Create(CultureInfo.InvariantCulture, $"{(bits < 0 ? "-" : "")}0x{(biased == 0 ? 0 : 1)}.{bits & 0xFFFFFFFFFFFFF:x13}p{(biased == 0 ? -1022 : biased - 1023)}");
    }
}
