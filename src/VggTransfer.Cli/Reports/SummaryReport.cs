using System.Globalization;
using VggTransfer.Architectures;

namespace VggTransfer.Cli;

/// <summary>What a network costs, and all of it as JSON.</summary>
internal static class SummaryReport
{
    public static void WriteTotals(VggArchitecture architecture, TextWriter output)
    {
        int field = LastMap(architecture).ReceptiveField;
        output.WriteLine($"{architecture.DisplayName}, input {architecture.InputSize} x {architecture.InputSize} x 3");
        output.WriteLine($"Multiply-adds for one image: {Number(architecture.MultiplyAdds)}");
        output.WriteLine($"FLOPs for one image:         {Number(architecture.Flops)} (two for each multiply-add)");
        output.WriteLine($"Receptive field of the last map: {field} x {field} pixels");
    }

    public static object ToJson(VggArchitecture architecture, StackComparison? comparison) => new
    {
        Name = architecture.DisplayName,
        Configuration = architecture.Configuration.ToString(),
        architecture.BatchNorm,
        architecture.WidthMultiplier,
        architecture.InputSize,
        Classes = architecture.IncludeTop ? (int?)architecture.Classes : null,
        HiddenDenseLayers = architecture.IncludeTop ? (int?)architecture.HiddenDenseLayers : null,
        DenseUnits = architecture.IncludeTop ? (int?)architecture.DenseUnits : null,
        architecture.IncludeTop,
        architecture.FifthPool,
        architecture.Dropout,
        Parameters = architecture.ParameterCount,
        TrainableParameters = architecture.TrainableParameterCount,
        architecture.MultiplyAdds,
        architecture.Flops,
        LastMap(architecture).ReceptiveField,
        Layers = architecture.Layers.Select(layer => new
        {
            layer.Name,
            layer.Kind,
            Torchvision = layer.TorchName,
            OutputShape = layer.Output.IsVector ? [layer.Output.Channels] : new[] { layer.Output.Height, layer.Output.Width, layer.Output.Channels },
            layer.Parameters,
            layer.TrainableParameters,
            layer.MultiplyAdds,
            layer.ReceptiveField,
        }),
        StackComparison = comparison is null ? null : new
        {
            comparison.MapSize,
            Stack = Side(comparison.Stack, comparison.MapSize),
            Single = Side(comparison.Single, comparison.MapSize),
            comparison.ParameterRatio,
        },
    };

    private static object Side(StackedConvolutions side, int mapSize) => new
    {
        side.Layers,
        side.KernelSize,
        side.Channels,
        side.ReceptiveField,
        side.Parameters,
        MultiplyAdds = side.MultiplyAdds(mapSize, mapSize),
        side.NonLinearities,
    };

    private static VggLayer LastMap(VggArchitecture architecture) => architecture.Layers.Last(layer => layer.Kind is VggLayerKind.Convolution or VggLayerKind.MaxPooling);

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
