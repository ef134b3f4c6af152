using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Vgg;
using VggTransfer.Models;

namespace VggTransfer.FineTuning;

/// <summary>
/// A network's weights by <c>layer/variable</c>, in Keras's layouts, whichever part of the network is in work. Immutable.
/// Those that training never replaced go into the result as the bits that they were.
/// </summary>
internal sealed class NetworkWeights
{
    private readonly Dictionary<string, NDArray> _values;
    private readonly HashSet<string> _replaced;

    private NetworkWeights(Dictionary<string, NDArray> values, HashSet<string> replaced)
    {
        _values = values;
        _replaced = replaced;
    }

    /// <summary>The weights of a network.</summary>
    /// <param name="model">The network.</param>
    /// <param name="architecture">Which of its layers are wanted: another's layers of the same names and sizes count, too.</param>
    public static NetworkWeights Of(VggModel model, VggArchitecture architecture)
    {
        var values = new Dictionary<string, NDArray>(StringComparer.Ordinal);
        foreach ((string name, TensorSpecification specification, int? mapChannels) in Names(architecture))
        {
            if (model.Tensors.TryGetValue(specification.Name, out ModelTensor? tensor) && tensor.Shape.SequenceEqual(specification.Shape))
            {
                values.Add(name, VggImport.ToKeras(tensor, mapChannels));
            }
        }

        return new NetworkWeights(values, []);
    }

    /// <summary>Whether there is such a weight.</summary>
    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A weight.</summary>
    /// <exception cref="KeyNotFoundException">There is none of that name.</exception>
    public NDArray this[string name] => _values[name];

    /// <summary>The same weights, but for some that training replaced.</summary>
    public NetworkWeights With(IEnumerable<KeyValuePair<string, NDArray>> replacements)
    {
        var values = new Dictionary<string, NDArray>(_values, StringComparer.Ordinal);
        var replaced = new HashSet<string>(_replaced, StringComparer.Ordinal);
        foreach ((string name, NDArray value) in replacements)
        {
            values[name] = value;
            replaced.Add(name);
        }

        return new NetworkWeights(values, replaced);
    }

    /// <summary>Puts the weights into a part of the network; those that aren't known stay as that part began.</summary>
    public void LoadInto(Model model)
    {
        foreach (string name in model.WeightNames.Where(_values.ContainsKey))
        {
            model.SetWeight(name, _values[name]);
        }
    }

    /// <summary>A hash of some weights' names and numbers.</summary>
    public byte[] Digest(IEnumerable<string> names)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in names)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(name));
            hash.AppendData(MemoryMarshal.AsBytes(_values[name].ToSingles().AsSpan()));
        }

        return hash.GetHashAndReset();
    }

    /// <summary>The network as a model. What was never replaced shares the pretrained model's memory.</summary>
    /// <param name="architecture">What the network looks like.</param>
    /// <param name="pretrained">Where it came from.</param>
    /// <param name="labels">The names of its classes, where it has them.</param>
    /// <param name="provenance">Where its weights come from now.</param>
    public VggModel ToModel(VggArchitecture architecture, VggModel pretrained, IReadOnlyList<string>? labels, ModelProvenance provenance) =>
        new(architecture, Names(architecture).Select(pair => _replaced.Contains(pair.Name) ? ToTorch(pair.Tensor, pair.MapChannels, _values[pair.Name]) : pretrained.Tensors[pair.Tensor.Name]))
        {
            Preprocessing = pretrained.Preprocessing,
            Labels = labels,
            Provenance = provenance,
        };

    /// <summary>The last layer as a head on features as they are.</summary>
    public LinearHead ToHead()
    {
        NDArray kernel = this[$"{FineTuningNetwork.Predictions}/kernel"];
        float[] values = kernel.ToSingles();
        (int dimension, int classes) = (kernel.Shape[0], kernel.Shape[1]);
        var head = new LinearHead(
            [.. Enumerable.Range(0, classes).SelectMany(label => Enumerable.Range(0, dimension).Select(i => values[(i * classes) + label]))],
            this[$"{FineTuningNetwork.Predictions}/bias"].ToSingles());
        return Has(FineTuningNetwork.FeatureMeans)
            ? new FeatureStandardization(this[FineTuningNetwork.FeatureMeans].ToSingles(), this[FineTuningNetwork.FeatureScales].ToSingles()).Fold(head)
            : head;
    }

    /// <summary>Keras's names for the tensors of an architecture; with the first dense layer's, the channels of the map in front of it.</summary>
    private static IEnumerable<(string Name, TensorSpecification Tensor, int? MapChannels)> Names(VggArchitecture architecture)
    {
        int? mapChannels = architecture.BlockWidth(5);
        foreach (VggLayer layer in architecture.Layers)
        {
            string[] variables = layer.Kind == VggLayerKind.BatchNormalization ? ["gamma", "beta", "moving_mean", "moving_variance"] : ["kernel", "bias"];
            for (int i = 0; i < layer.Tensors.Count; i++)
            {
                bool isFirstDense = layer.Kind == VggLayerKind.Dense && mapChannels is not null && i == 0;
                yield return ($"{layer.Name}/{variables[i]}", layer.Tensors[i], isFirstDense ? mapChannels : null);
                mapChannels = isFirstDense ? null : mapChannels;
            }
        }
    }

    private static ModelTensor ToTorch(TensorSpecification specification, int? mapChannels, NDArray values)
    {
        var kernel = new KerasKernel(specification.Shape, sizeof(float), mapChannels);
        kernel.Add(MemoryMarshal.AsBytes(values.ToSingles().AsSpan()));
        return new ModelTensor(specification.Name, specification.Shape, TensorType.Float32, kernel.Result);
    }
}
