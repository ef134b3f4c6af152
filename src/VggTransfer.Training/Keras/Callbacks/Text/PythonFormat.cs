using System.Globalization;
using System.Numerics;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// Numbers as Python prints them: halves go to the even digit, as the exact value has them, where .NET rounds them away
/// from 0 (an accuracy of 13/32 is 0.4062 with four digits, not 0.4063).
/// </summary>
internal static class PythonFormat
{
    // repr of float: an exponent from 1e16 on, and below 1e-4 (Python, float_repr_style "short").
    private const int FirstLargeExponent = 16;
    private const int LastSmallExponent = -5;

    /// <summary><c>repr(value)</c>: the fewest digits that give the number back.</summary>
    public static string Repr(double value) => Special(value) ?? Arrange(value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary><c>str(numpy.float32(value))</c>.</summary>
    public static string Repr(float value) => Special(value) ?? Arrange(value.ToString("R", CultureInfo.InvariantCulture));

    /// <summary><c>format(value, ".Nf")</c>.</summary>
    public static string Fixed(double value, int digits)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        (BigInteger numerator, BigInteger denominator) = Fraction(Math.Abs(value));
        string scaled = RoundToEven(numerator * BigInteger.Pow(10, digits), denominator).ToString(CultureInfo.InvariantCulture).PadLeft(digits + 1, '0');
        return Sign(value) + (digits == 0 ? scaled : $"{scaled[..^digits]}.{scaled[^digits..]}");
    }

    /// <summary><c>format(value, ".Ne")</c>.</summary>
    public static string Exponent(double value, int digits)
    {
        if (Special(value) is { } special)
        {
            return special;
        }

        (string mantissa, int exponent) = Digits(Math.Abs(value), digits);
        string power = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
        return $"{Sign(value)}{mantissa[0]}{(digits == 0 ? "" : $".{mantissa[1..]}")}e{(exponent < 0 ? '-' : '+')}{power}";
    }

    /// <summary>The decimal digits of a number, rounded, and the power of ten of the first.</summary>
    /// <param name="value">0 or more.</param>
    /// <param name="digits">Digits behind the first.</param>
    internal static (string Mantissa, int Exponent) Digits(double value, int digits)
    {
        if (value == 0)
        {
            return (new string('0', digits + 1), 0);
        }

        (BigInteger numerator, BigInteger denominator) = Fraction(value);

        // Near enough: one off at most, which the number of digits then shows.
        int exponent = (int)Math.Floor(BigInteger.Log10(numerator) - BigInteger.Log10(denominator));
        while (true)
        {
            int shift = digits - exponent;
            BigInteger scaled = shift >= 0
                ? RoundToEven(numerator * BigInteger.Pow(10, shift), denominator)
                : RoundToEven(numerator, denominator * BigInteger.Pow(10, -shift));
            string mantissa = scaled.ToString(CultureInfo.InvariantCulture);
            if (mantissa.Length == digits + 1)
            {
                return (mantissa, exponent);
            }

            exponent += mantissa.Length - digits - 1;
        }
    }

    /// <summary>Puts .NET's shortest digits where Python puts them.</summary>
    private static string Arrange(string shortest)
    {
        string sign = shortest.StartsWith('-') ? "-" : "";
        string[] parts = shortest.TrimStart('-').Split('E');
        int point = parts[0].IndexOf('.');
        string all = parts[0].Replace(".", "", StringComparison.Ordinal);
        string digits = all.TrimStart('0');
        int exponent = (point < 0 ? all.Length : point) - 1 - (all.Length - digits.Length)
            + (parts.Length == 2 ? int.Parse(parts[1], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0);
        digits = digits.TrimEnd('0');
        if (digits.Length == 0)
        {
            return sign + "0.0";
        }

        if (exponent is >= FirstLargeExponent or <= LastSmallExponent)
        {
            string power = Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture);
            return $"{sign}{digits[0]}{(digits.Length > 1 ? $".{digits[1..]}" : "")}e{(exponent < 0 ? '-' : '+')}{power}";
        }

        if (exponent < 0)
        {
            return $"{sign}0.{new string('0', -exponent - 1)}{digits}";
        }

        digits = digits.PadRight(exponent + 1, '0');
        return $"{sign}{digits[..(exponent + 1)]}.{(digits.Length > exponent + 1 ? digits[(exponent + 1)..] : "0")}";
    }

    private static string? Special(double value) =>
        double.IsNaN(value) ? "nan" : double.IsPositiveInfinity(value) ? "inf" : double.IsNegativeInfinity(value) ? "-inf" : null;

    private static string Sign(double value) => double.IsNegative(value) ? "-" : "";

    private static (BigInteger Numerator, BigInteger Denominator) Fraction(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)((bits >> 52) & 0x7FF);
        long significand = (bits & 0xFFFFFFFFFFFFF) | (biased == 0 ? 0 : 1L << 52);
        int power = Math.Max(biased, 1) - 1075;
        return power >= 0 ? (significand * BigInteger.Pow(2, power), BigInteger.One) : (significand, BigInteger.Pow(2, -power));
    }

    private static BigInteger RoundToEven(BigInteger numerator, BigInteger denominator)
    {
        BigInteger quotient = BigInteger.DivRem(numerator, denominator, out BigInteger remainder);
        int half = (remainder * 2).CompareTo(denominator);
        return half > 0 || (half == 0 && !quotient.IsEven) ? quotient + 1 : quotient;
    }
}
