using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Models;
using VggTransfer.PretrainedModels;

namespace VggTransfer.FineTuning;

/// <summary>What a fine-tuning begins with: a pretrained network, and where a classifier is continued also that one's head.</summary>
internal sealed class WarmStart : IDisposable
{
    private readonly bool _ownsBackbone;
    private readonly LinearHead? _head;
    private readonly ClassifierDescription? _classifier;

    private WarmStart(VggModel backbone, bool ownsBackbone, LinearHead? head = null, ClassifierDescription? classifier = null)
    {
        Backbone = backbone;
        _ownsBackbone = ownsBackbone;
        _head = head;
        _classifier = classifier;
    }

    /// <summary>The network.</summary>
    public VggModel Backbone { get; }

    /// <summary>The input size of the classifier that is continued; null for none.</summary>
    public int? InputSize => _classifier?.InputSize;

    /// <summary>What the head of the classifier that is continued works on, where that is pooled maps; otherwise null.</summary>
    public FeatureLayer? PooledLayer =>
        _classifier is { } classifier && classifier.Layer.Sources.All(source => source.Pooling != FeaturePooling.Flatten) ? classifier.Layer : null;

    /// <summary>Opens what options name.</summary>
    /// <exception cref="InvalidModelFileException">The classifier's file is damaged, or its network can't be trained.</exception>
    /// <exception cref="ArgumentException">Both a network and a classifier are given.</exception>
    public static WarmStart Open(FineTuningOptions options)
    {
        if (options.ContinueFrom is not { } path)
        {
            return new WarmStart(options.Backbone ?? PretrainedBackbones.Open(), ownsBackbone: options.Backbone is null);
        }

        if (options.Backbone is not null)
        {
            throw new ArgumentException("Backbone and ContinueFrom exclude each other: a saved classifier has its own network.", nameof(options));
        }

        (ClassifierDescription description, LinearHead head, byte[] graph) = ClassifierFile.Read(path);
        if (description.Layer.Sources.All(source => source.LayerName.StartsWith("block", StringComparison.Ordinal) && !source.LayerName.StartsWith("block5", StringComparison.Ordinal)))
        {
            throw new InvalidModelFileException(path, "classifier to go on from", $"its network ends at {description.Layer.Describe()}, where its head stands; begin from the photos instead, without the file");
        }

        return new WarmStart(ClassifierFile.ToModel(graph, head, path), ownsBackbone: true, head, description);
    }

    /// <summary>The head of the classifier that is continued, its rows in the order of the classes now; null where it can't be kept.</summary>
    /// <param name="network">The network that is fine-tuned.</param>
    /// <param name="labels">The classes now.</param>
    public LinearHead? Head(FineTuningNetwork network, IReadOnlyList<string> labels)
    {
        if (_head is null || !IsSameLayer(network) || !_classifier!.Labels.ToHashSet(StringComparer.Ordinal).SetEquals(labels))
        {
            return null;
        }

        int[] rows = [.. labels.Select(label => _classifier.Labels.Index().First(pair => pair.Item == label).Index)];
        return new LinearHead(
            [.. rows.SelectMany(row => _head.Weights.AsSpan(row * _head.Dimension, _head.Dimension).ToArray())],
            [.. rows.Select(row => _head.Biases[row])]);
    }

    /// <summary>What the training begins with, as a sentence.</summary>
    /// <param name="network">The network that is fine-tuned.</param>
    /// <param name="labels">The classes now.</param>
    public string Describe(FineTuningNetwork network, IReadOnlyList<string> labels)
    {
        string fresh = network.HasFirstFeatures
            ? $"a logistic regression on {network.Layer.Describe()} of the frozen network"
            : "dense layers with random weights";
        if (_classifier is null)
        {
            return $"It began with {fresh}.";
        }

        if (Head(network, labels) is not null)
        {
            return "It went on from a classifier of the same classes, with its head.";
        }

        string[] added = [.. labels.Except(_classifier.Labels)];
        string[] removed = [.. _classifier.Labels.Except(labels)];
        string why = !IsSameLayer(network) ? $"whose head works on {_classifier.Layer.Describe()}"
            : string.Join(" and ", (string[])[.. Named("without", added), .. Named("with", removed)]);
        return $"It went on from a classifier {why}, so it began with {fresh}.";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_ownsBackbone)
        {
            Backbone.Dispose();
        }
    }

    private bool IsSameLayer(FineTuningNetwork network) =>
        network.Candidates is [var layer] && layer.Equals(_classifier!.Layer) && _head!.Dimension == layer.Dimension(network.Architecture);

    private static IEnumerable<string> Named(string preposition, string[] classes) => classes.Length switch
    {
        0 => [],
        1 => [$"{preposition} the class '{classes[0]}'"],
        _ => [$"{preposition} the classes {string.Join(", ", classes.Take(5).Select(label => $"'{label}'"))}{(classes.Length > 5 ? ", ..." : "")}"],
    };
}
