using System.CommandLine;
using VggTransfer.Architectures;

namespace VggTransfer.Cli;

/// <summary>Columns of a summary beyond Keras's three.</summary>
internal static class ColumnsOption
{
    private const string All = "all";

    private static readonly string[] s_names = ["trainable", "torchvision", "receptive-field", "multiply-adds", All];

    public static Option<string[]> Create() => new("--columns")
    {
        Description = $"Further columns, divided by commas: {string.Join(", ", s_names)}",
        HelpName = "NAMES",
        Arity = ArgumentArity.ExactlyOne,
        CustomParser = result =>
        {
            string[] columns = result.Tokens[0].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            if (columns.FirstOrDefault(column => !s_names.Contains(column)) is { } unknown)
            {
                result.AddError($"--columns must be some of {string.Join(", ", s_names)}, divided by commas, and has '{unknown}'.");
            }

            return columns;
        },
    };

    public static SummaryOptions Apply(string[] columns)
    {
        bool Shows(string name) => columns.Contains(name) || columns.Contains(All);
        return new SummaryOptions
        {
            ShowTrainable = Shows("trainable"),
            ShowTorchNames = Shows("torchvision"),
            ShowReceptiveField = Shows("receptive-field"),
            ShowMultiplyAdds = Shows("multiply-adds"),
        };
    }
}
