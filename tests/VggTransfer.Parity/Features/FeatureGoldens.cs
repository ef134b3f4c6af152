using System.Text.Json;
using VggTransfer.Parity.Images;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Parity.Features;

/// <summary>What the reference gave for one photo and one way of resizing it; null where it isn't in the files.</summary>
internal sealed record FeatureGolden(string Photo, string Resizing)
{
    /// <summary>The network's input, 8-bit RGB in HWC order.</summary>
    public byte[]? Input { get; set; }

    /// <summary>The average over each channel of block5_pool.</summary>
    public float[]? Average { get; set; }

    /// <summary>The maximum over each channel of block5_pool.</summary>
    public float[]? Maximum { get; set; }

    /// <summary>The whole of block5_pool, permuted from HWC to the CHW of <see cref="VggTransfer.Architectures.FeaturePooling.Flatten"/>.</summary>
    public float[]? Map { get; set; }

    /// <summary>Whether <see cref="Map"/> was rounded to half precision when it was stored.</summary>
    public bool MapIsHalf { get; set; }

    /// <summary>The means of inner layers, by Keras's names.</summary>
    public IReadOnlyDictionary<string, double> LayerMeans { get; set; } = new Dictionary<string, double>();
}

/// <summary>Reads a folder of feature goldens; the keys are <c>PHOTO/RESIZING</c> and <c>PHOTO/RESIZING/WHAT</c>.</summary>
internal sealed class FeatureGoldens
{
    public const string MeansFile = "layer-means.json";

    private readonly SortedDictionary<string, FeatureGolden> _byKey = new(StringComparer.Ordinal);

    private FeatureGoldens()
    {
    }

    /// <summary>In the order of photos, then of resizings.</summary>
    public IReadOnlyCollection<FeatureGolden> All => _byKey.Values;

    public static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, MeansFile).Concat(Directory.EnumerateFiles(folder, "*.safetensors")).Order(StringComparer.Ordinal);

    /// <summary>A file that can't be read gives a failed case.</summary>
    public static FeatureGoldens Read(string folder, List<ParityCase> faults)
    {
        var goldens = new FeatureGoldens();
        foreach (string file in Files(folder))
        {
            try
            {
                if (Path.GetFileName(file) == MeansFile)
                {
                    goldens.ReadMeans(file);
                }
                else
                {
                    goldens.ReadTensors(file);
                }
            }
            catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or KeyNotFoundException or InvalidModelFileException)
            {
                faults.Add(new ParityCase(Path.GetFileName(file), false, $"can't be read as goldens: {e.Message}"));
            }
        }

        return goldens;
    }

    private void ReadMeans(string file)
    {
        using JsonDocument document = GoldenJson.Read(file);
        foreach (JsonProperty entry in document.RootElement.GetProperty("layers_mean").EnumerateObject())
        {
            Golden(entry.Name).LayerMeans = entry.Value.EnumerateObject().ToDictionary(layer => layer.Name, layer => layer.Value.ToNumber(), StringComparer.Ordinal);
        }
    }

    private void ReadTensors(string file)
    {
        using SafetensorsFile tensors = SafetensorsFile.Open(file);
        foreach (SafetensorsTensor tensor in tensors.Tensors)
        {
            int end = tensor.Name.LastIndexOf('/');
            FeatureGolden golden = Golden(end < 0 ? "" : tensor.Name[..end]);
            switch (tensor.Name[(end + 1)..])
            {
                case "input":
                    golden.Input = tensor.DataType == SafetensorsDataType.U8 ? tensor.Data.ToArray() : throw Unfit(tensor);
                    break;
                case "avg":
                    golden.Average = Values(tensor);
                    break;
                case "max":
                    golden.Maximum = Values(tensor);
                    break;
                case "pool5":
                    golden.Map = ToChannelsFirst(tensor);
                    golden.MapIsHalf = tensor.DataType == SafetensorsDataType.F16;
                    break;
                default:
                    throw new FormatException($"'{tensor.Name}' ends in none of input, avg, max and pool5.");
            }
        }
    }

    private FeatureGolden Golden(string key)
    {
        int slash = key.LastIndexOf('/');
        if (slash < 1)
        {
            throw new FormatException($"'{key}' names no photo and way of resizing.");
        }

        if (!_byKey.TryGetValue(key, out FeatureGolden? golden))
        {
            golden = new FeatureGolden(key[..slash], key[(slash + 1)..]);
            _byKey.Add(key, golden);
        }

        return golden;
    }

    private static float[] Values(SafetensorsTensor tensor) => tensor.TensorType is null ? throw Unfit(tensor) : tensor.ToModelTensor().ToSingles();

    private static float[] ToChannelsFirst(SafetensorsTensor tensor)
    {
        float[] hwc = Values(tensor);
        if (tensor.Shape.Count != 3)
        {
            throw Unfit(tensor);
        }

        int channels = tensor.Shape[2];
        int pixels = tensor.Shape[0] * tensor.Shape[1];
        float[] chw = new float[hwc.Length];
        for (int pixel = 0; pixel < pixels; pixel++)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                chw[(channel * pixels) + pixel] = hwc[(pixel * channels) + channel];
            }
        }

        return chw;
    }

    private static FormatException Unfit(SafetensorsTensor tensor) =>
        new($"'{tensor.Name}' of type {tensor.DataType} and shape ({string.Join(", ", tensor.Shape)}) isn't of the kind its name says.");
}
