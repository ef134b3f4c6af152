
namespace VggTransfer.Weights.Formats.Caffe;

/// <summary>A layer of a net, as the file has it.</summary>
internal sealed record CaffeLayer
{
    /// <summary>The layer's name, such as <c>conv1_1</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The layer's type under its newer name, such as <c>InnerProduct</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The blobs that go in; none in files that were stripped of everything but weights.</summary>
    public required IReadOnlyList<string> Bottoms { get; init; }

    /// <summary>The blobs that come out.</summary>
    public required IReadOnlyList<string> Tops { get; init; }

    /// <summary>The weights in Caffe's order.</summary>
    public required IReadOnlyList<CaffeBlob> Blobs { get; init; }

    /// <summary>The settings that matter here, by <see cref="CaffeSetting"/>; null where the layer has no settings of its type.</summary>
    public IReadOnlyDictionary<CaffeSetting, IReadOnlyList<long>>? Settings { get; init; }

    /// <summary>Dropout's rate or batch norm's epsilon; null where the file doesn't say.</summary>
    public float? Number { get; init; }

    /// <summary>What messages call it.</summary>
    public string Display => $"'{MessageText.Shorten(Name)}' ({MessageText.Shorten(Type)})";
}

/// <summary>The settings of convolutions, pools and dense layers that decide whether they are a VGG's.</summary>
internal enum CaffeSetting
{
    Pad,
    Kernel,
    Stride,
    Dilation,
    Group,
    PoolMethod,
    GlobalPooling,
    Axis,
    Transpose,
    CropSize,
}

/// <summary>A tensor as the file has it: its shape read, its data not yet.</summary>
/// <param name="Shape">The dimensions as the file claims them.</param>
/// <param name="Message">The whole message.</param>
/// <param name="Position">Where it begins in the file.</param>
internal sealed record CaffeBlob(IReadOnlyList<long> Shape, ReadOnlyMemory<byte> Message, long Position);
