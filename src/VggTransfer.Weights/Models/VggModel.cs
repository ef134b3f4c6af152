using VggTransfer.Architectures;

namespace VggTransfer.Models;

/// <summary>
/// A VGG with its weights and all that must travel with them: architecture, named tensors (torchvision's names and
/// layouts), preprocessing, class labels, provenance, activation ranges. Every reader, writer, trainer and extractor
/// speaks this type. Immutable and safe to share between threads; disposing it unmaps the file behind it, if any.
/// </summary>
public sealed class VggModel : IDisposable
{
    private readonly IDisposable? _owner;

    /// <summary>Checks that the tensors are those of the architecture and keeps them without copying.</summary>
    /// <param name="architecture">What the network looks like.</param>
    /// <param name="tensors">Exactly the architecture's tensors, under torchvision's names.</param>
    /// <param name="owner">What to dispose with the model, such as a mapped file; null if nothing.</param>
    /// <exception cref="ArgumentException">A tensor is missing, superfluous, or of another shape.</exception>
    public VggModel(VggArchitecture architecture, IEnumerable<ModelTensor> tensors, IDisposable? owner = null)
    {
        Architecture = architecture;
        Tensors = Match(architecture, tensors);
        _owner = owner;
    }

    /// <summary>What the network looks like.</summary>
    public VggArchitecture Architecture { get; }

    /// <summary>The weights by torchvision's names.</summary>
    public IReadOnlyDictionary<string, ModelTensor> Tensors { get; }

    /// <summary>
    /// How pixels must be normalised for these weights; null if nobody said, and then no features can be extracted:
    /// the wrong family gives plausible, worse features without any error.
    /// </summary>
    public PreprocessingFamily? Preprocessing { get; init; }

    /// <summary>The names of the classes in the order of the logits; null if unknown, or without a dense part.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Where the weights come from.</summary>
    public ModelProvenance Provenance { get; init; } = new();

    /// <summary>Ranges of layers' outputs by Keras's layer names, kept for quantisation; null if never measured.</summary>
    public IReadOnlyDictionary<string, ActivationRange>? ActivationRanges { get; init; }

    /// <summary>The same model with its preprocessing family known. It takes over this model's file: dispose the result only.</summary>
    /// <param name="family">How pixels must be normalised.</param>
    public VggModel WithPreprocessing(PreprocessingFamily family) => Copy(Tensors.Values, this, family, ActivationRanges);

    /// <summary>The same model with the ranges of its activations known. It takes over this model's file: dispose the result only.</summary>
    /// <param name="ranges">By Keras's layer names.</param>
    public VggModel WithActivationRanges(IReadOnlyDictionary<string, ActivationRange> ranges) => Copy(Tensors.Values, this, Preprocessing, ranges);

    /// <summary>The same model with its weights in another storage type. The result doesn't depend on this model's file.</summary>
    public VggModel ConvertTo(TensorType type) =>
        Copy(Tensors.Values.Select(tensor => tensor.Type == type ? Detach(tensor) : tensor.ConvertTo(type)), owner: null, Preprocessing, ActivationRanges);

    /// <inheritdoc/>
    public void Dispose() => _owner?.Dispose();

    private VggModel Copy(IEnumerable<ModelTensor> tensors, IDisposable? owner, PreprocessingFamily? preprocessing, IReadOnlyDictionary<string, ActivationRange>? ranges) => new(Architecture, tensors, owner)
    {
        Preprocessing = preprocessing,
        Labels = Labels,
        Provenance = Provenance,
        ActivationRanges = ranges,
    };

    private static ModelTensor Detach(ModelTensor tensor) => new(tensor.Name, tensor.Shape, tensor.Type, tensor.Data.ToArray());

    private static Dictionary<string, ModelTensor> Match(VggArchitecture architecture, IEnumerable<ModelTensor> tensors)
    {
        var given = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        var matched = new Dictionary<string, ModelTensor>(given.Count, StringComparer.Ordinal);
        foreach (TensorSpecification specification in architecture.Tensors)
        {
            if (!given.Remove(specification.Name, out ModelTensor? tensor))
            {
                throw new ArgumentException($"{architecture.DisplayName} needs tensor '{specification.Name}', which is missing.", nameof(tensors));
            }

            if (!tensor.Shape.SequenceEqual(specification.Shape))
            {
                throw new ArgumentException($"{architecture.DisplayName} needs tensor '{specification.Name}' of shape ({string.Join(", ", specification.Shape)}), and it is ({string.Join(", ", tensor.Shape)}).", nameof(tensors));
            }

            matched.Add(specification.Name, tensor);
        }

        return given.Count == 0
            ? matched
            : throw new ArgumentException($"{architecture.DisplayName} has no tensor '{given.Keys.First()}'.", nameof(tensors));
    }
}
