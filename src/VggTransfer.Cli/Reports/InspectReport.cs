using System.Globalization;
using Spectre.Console;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;

namespace VggTransfer.Cli;

/// <summary>What a file of weights holds.</summary>
internal sealed class InspectReport
{
    private const int LabelsShown = 5;

    private readonly string _path;
    private readonly WeightsContent _content;
    private readonly FileHashes? _hashes;
    private readonly IReadOnlyList<(string Layer, ModelTensor Tensor, TensorStatistics Statistics)> _tensors;

    /// <summary>Reads all weights once.</summary>
    public InspectReport(string path, WeightsContent content, FileHashes? hashes, CancellationToken cancellationToken)
    {
        _path = path;
        _content = content;
        _hashes = hashes;
        var tensors = new List<(string, ModelTensor, TensorStatistics)>();
        foreach (VggLayer layer in content.Model.Architecture.Layers)
        {
            foreach (TensorSpecification specification in layer.Tensors)
            {
                cancellationToken.ThrowIfCancellationRequested();
                ModelTensor tensor = content.Model.Tensors[specification.Name];
                tensors.Add((layer.Name, tensor, TensorStatistics.Of(tensor)));
            }
        }

        _tensors = tensors;
    }

    private VggModel Model => _content.Model;

    private string? Preprocessing => PreprocessingOption.NameOf(Model.Preprocessing);

    public object ToJson()
    {
        VggArchitecture architecture = Model.Architecture;
        return new
        {
            File = _path,
            _content.Format,
            _hashes?.Bytes,
            _hashes?.Sha256,
            _hashes?.Md5,
            Architecture = new
            {
                Name = architecture.DisplayName,
                Configuration = architecture.Configuration.ToString(),
                architecture.BatchNorm,
                BatchNormEpsilon = architecture.BatchNorm ? (double?)architecture.BatchNormEpsilon : null,
                architecture.WidthMultiplier,
                architecture.InputSize,
                architecture.IncludeTop,
                architecture.FifthPool,
                HiddenDenseLayers = architecture.IncludeTop ? (int?)architecture.HiddenDenseLayers : null,
                DenseUnits = architecture is { IncludeTop: true, HiddenDenseLayers: > 0 } ? (int?)architecture.DenseUnits : null,
                Classes = architecture.IncludeTop ? (int?)architecture.Classes : null,
            },
            Parameters = architecture.ParameterCount,
            Preprocessing,
            Model.Labels,
            Model.Provenance,
            _content.Notes,
            Tensors = _tensors.Select(item => new
            {
                item.Tensor.Name,
                item.Layer,
                Dtype = NameOf(item.Tensor.Type),
                item.Tensor.Shape,
                Minimum = Finite(item.Statistics.Minimum),
                Maximum = Finite(item.Statistics.Maximum),
                Mean = Finite(item.Statistics.Mean),
                StandardDeviation = Finite(item.Statistics.StandardDeviation),
            }),
        };
    }

    public void Write(Screen screen)
    {
        Table facts = ResultTable.Create().HideHeaders().AddColumns(ResultTable.Text(""), ResultTable.LongText(""));
        foreach ((string name, string? value) in Facts().Where(fact => fact.Value is not null))
        {
            facts.AddRow(new Text(name, ResultTable.Strong), new Text(PrintableText.Of(value!)));
        }

        screen.Write(facts);
        Table table = ResultTable.Create().AddColumns(
            ResultTable.Text("Layer"), ResultTable.Text("Tensor"), ResultTable.Text("Type"), ResultTable.Text("Shape"),
            ResultTable.Number("Min"), ResultTable.Number("Max"), ResultTable.Number("Mean"), ResultTable.Number("Std"));
        foreach ((string layer, ModelTensor tensor, TensorStatistics statistics) in _tensors)
        {
            table.AddRow(
                new Text(layer), new Text(tensor.Name), new Text(NameOf(tensor.Type)), new Text(string.Join(" x ", tensor.Shape)),
                Number(statistics.Minimum), Number(statistics.Maximum), Number(statistics.Mean), Number(statistics.StandardDeviation));
        }

        screen.Write(table);
        foreach (string note in _content.Notes)
        {
            Console.Out.WriteLine(PrintableText.Of($"Note: {note}"));
        }
    }

    private IEnumerable<(string Name, string? Value)> Facts()
    {
        VggArchitecture architecture = Model.Architecture;
        ModelProvenance provenance = Model.Provenance;
        string size = _hashes is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {_hashes.Bytes:N0} bytes");
        yield return ("File", $"{_path} ({_content.Format}{size})");
        yield return ("Network", $"{architecture.DisplayName}, input {architecture.InputSize} x {architecture.InputSize}{(architecture.IncludeTop ? $", {architecture.Classes} classes" : "")}");
        yield return ("Parameters", architecture.ParameterCount.ToString("N0", CultureInfo.InvariantCulture));
        yield return ("Preprocessing", Preprocessing ?? "unknown: the file doesn't say it, so say it with --preprocessing where the weights are used");
        yield return ("Labels", Model.Labels is { } labels ? $"{labels.Count}: {string.Join(", ", labels.Take(LabelsShown))}{(labels.Count > LabelsShown ? ", ..." : "")}" : null);
        yield return ("Name", provenance.Name);
        yield return ("Authors", provenance.Authors);
        yield return ("Source", provenance.Source);
        yield return ("Licence", provenance.Licence);
        yield return ("Trained on", provenance.TrainedOn);
        yield return ("Changes", provenance.Changes);
        yield return ("SHA-256", _hashes?.Sha256);
        yield return ("MD5", _hashes?.Md5);
    }

    private static string NameOf(TensorType type) => type.ToString().ToLowerInvariant();

    private static Text Number(double value) => new(value.ToString("G4", CultureInfo.InvariantCulture));

    // JSON has no NaN.
    private static double? Finite(double value) => double.IsFinite(value) ? value : null;
}
