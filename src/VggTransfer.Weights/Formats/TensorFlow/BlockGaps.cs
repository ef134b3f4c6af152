using VggTransfer.Architectures;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>
/// The layers without weights between the convolutions. A checkpoint doesn't say what they are, but how many there are says
/// where pools must be, and where they can't be.
/// </summary>
internal sealed class BlockGaps
{
    private readonly CheckpointLayers _layers;
    private readonly IReadOnlyList<ConvolutionPlace> _places;
    private readonly List<int> _within = [];
    private readonly List<int> _between = [];

    public BlockGaps(CheckpointLayers layers, IReadOnlyList<ConvolutionPlace> places, IReadOnlyList<VggLayer> modules)
    {
        _layers = layers;
        _places = places;
        for (int i = 1; i < places.Count; i++)
        {
            (modules[i].Block == modules[i - 1].Block ? _within : _between).Add(places[i].Index - places[i - 1].End);
        }
    }

    /// <summary>Whether a fifth pool follows; null where it can't be told.</summary>
    /// <exception cref="FormatException">There is no room for a VGG's pools and activations.</exception>
    public bool? FifthPool()
    {
        if (!_layers.ListsAll)
        {
            return null;
        }

        if (_between.Contains(0))
        {
            throw new FormatException("two blocks of its convolutions follow each other without a pool between them, and a VGG has one there");
        }

        if (_places[0].Norm is not null && _within.Contains(0))
        {
            throw new FormatException("no activation stands between a batch norm and the next convolution, so ReLU comes before batch norm, and a VGG's comes after; that isn't supported");
        }

        // Behind block 4 stand a pool and perhaps an activation or dropout. Behind block 5 either the same, and then
        // whatever the head begins with (flatten), or one less.
        int behind = 0;
        while (_places[^1].End + behind < _layers.Layers.Count && _layers.Layers[_places[^1].End + behind].Keys.Count == 0)
        {
            behind++;
        }

        bool hasHead = _places[^1].End + behind < _layers.Layers.Count;
        int poolOfBlock4 = _between[^1];
        return hasHead ? behind > poolOfBlock4 : behind >= poolOfBlock4;
    }
}
