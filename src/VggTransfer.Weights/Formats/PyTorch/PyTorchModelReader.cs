using VggTransfer.Architectures;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Recognition;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// Opens what <c>torch.save</c> wrote (a state dict, or a checkpoint with one in it) as a model. No code of the file is ever
/// run: its pickle is interpreted, and everything in it that isn't a tensor or a plain value is refused by name.
/// </summary>
internal static class PyTorchModelReader
{
    /// <summary>What messages call the format.</summary>
    public const string FormatName = "PyTorch";

    /// <summary>
    /// Maps the file; the model owns the mapping. Tensors are used where they lie, unless they are compressed, not in
    /// row-major order, or float64 (which becomes float32). The weights are read once to refuse NaN and infinity.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is damaged, or holds no VGG, or more than weights.</exception>
    /// <exception cref="IOException">It can't be opened.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static WeightsContent Read(string path)
    {
        MappedFile file = MappedFile.Open(path, FormatName);
        try
        {
            return Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Makes a model of an open file, which the model then owns and disposes.</summary>
    /// <param name="file">The file. If this throws, it stays the caller's to dispose.</param>
    /// <exception cref="InvalidModelFileException">It is damaged, or holds no VGG, or more than weights.</exception>
    public static WeightsContent Read(MappedFile file)
    {
        PyTorchContainer container = PyTorchContainer.Open(file);
        var notes = new List<string>();
        (StateDict stateDict, TorchNames names) = Choose(container, notes);
        notes.AddRange(names.Notes);
        if (names.Sources.Any(source => source.Name is not null && stateDict.Tensors[source.Name].Type == TorchDataType.Float64))
        {
            notes.Add("Its weights are float64 and were rounded to float32.");
        }

        var tensors = new List<ModelTensor>();
        foreach ((TensorSpecification specification, string? source) in names.Sources)
        {
            ModelTensor tensor = source is null
                ? ModelTensor.FromFloat32(specification.Name, specification.Shape, new float[specification.ElementCount])
                : TensorExtraction.Extract(container, source, stateDict.Tensors[source], specification.Name, specification.Shape);
            tensors.Add(FiniteWeights.Require(tensor, fault => Fault(file, $"tensor '{MessageText.Shorten(source!)}' {fault}")));
        }

        VggModel model = container.Metadata is { } metadata
            ? metadata.CreateModel(tensors, file, file.Path, FormatName)
            : new VggModel(names.Architecture, tensors, file);
        return new WeightsContent(model, WeightsFormat.PyTorch, notes);
    }

    /// <summary>Picks the dictionary that is a VGG; where several are, the one in the usual place.</summary>
    private static (StateDict StateDict, TorchNames Names) Choose(PyTorchContainer container, List<string> notes)
    {
        IReadOnlyList<StateDict> found = StateDictSearch.Find(container.Root);
        if (found.Count == 0)
        {
            throw Fault(container.File, container.Root switch
            {
                List<object?> or object?[] => "it holds a list, whose tensors have no names; save a plain state dict in Python: torch.save(model.state_dict(), 'weights.pth')",
                PyTorchTensor => "it holds one tensor, not a model; save a plain state dict in Python: torch.save(model.state_dict(), 'weights.pth')",
                _ => "it holds no weights; save a plain state dict in Python: torch.save(model.state_dict(), 'weights.pth')",
            });
        }

        foreach ((string name, PyTorchTensor tensor) in found.SelectMany(stateDict => stateDict.Tensors))
        {
            if (tensor.Fault is { } fault)
            {
                throw Fault(container.File, $"tensor '{MessageText.Shorten(name)}' {fault}");
            }
        }

        var readings = found
            .Select(stateDict => (StateDict: stateDict, Reading: TorchNames.Read([.. stateDict.Tensors.Select(pair => new TorchTensor(pair.Key, pair.Value.Shape))], container.Metadata?.Architecture)))
            .OrderBy(pair => StateDictSearch.Rank(pair.StateDict))
            .ToList();
        var networks = readings.Where(pair => pair.Reading.HasConvolutions).ToList();
        if (networks.Count == 0)
        {
            // The largest is what was meant to be the network.
            throw Fault(container.File, readings.MaxBy(pair => pair.StateDict.Tensors.Count).Reading.Reason!);
        }

        (StateDict chosen, TorchReading reading) = networks[0];
        if (networks.Count > 1)
        {
            string others = string.Join(", ", networks.Skip(1).Select(pair => $"'{MessageText.Shorten(pair.StateDict.Path)}'").Take(3));
            if (StateDictSearch.Rank(networks[1].StateDict) == StateDictSearch.Rank(chosen))
            {
                throw Fault(container.File, $"it holds several networks ('{MessageText.Shorten(chosen.Path)}', {others}), and it isn't known which is meant; save the state dict of one");
            }

            notes.Add($"The network is the one under '{MessageText.Shorten(chosen.Path)}'; {others} was left out.");
        }

        return (chosen, reading.Names ?? throw Fault(container.File, reading.Reason!));
    }

    private static InvalidModelFileException Fault(MappedFile file, string reason) => new(file.Path, FormatName, reason);
}
