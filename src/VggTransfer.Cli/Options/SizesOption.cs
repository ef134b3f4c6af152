using System.CommandLine;
using System.Globalization;
using VggTransfer.Architectures;

namespace VggTransfer.Cli;

/// <summary>Growing sides of an input: <c>96,128</c>.</summary>
internal static class SizesOption
{
    private const string Name = "--sizes";

    private static readonly OptionRange s_range = OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.InputSize));

    public static Option<int[]?> Create() => new(Name)
    {
        Description = $"Growing sides of the input, divided by commas, each for its share of the epochs; the last is the input size ({s_range} each)",
        HelpName = "N,N",
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            int[] sizes = [.. text.Split(',').Select(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int size) && s_range.Contains(size) ? size : 0)];
            if (sizes.Contains(0) || sizes.Zip(sizes.Skip(1)).Any(pair => pair.First >= pair.Second))
            {
                result.AddError($"{Name} must be growing whole numbers from {s_range}, divided by commas, such as 96,128, and is '{text}'.");
                return null;
            }

            return sizes;
        },
    };
}
