using System.Text.Json;
using VggTransfer.Keras.Data;
using VggTransfer.Parity.Images;
using VggTransfer.Training;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Parity.Keras;

/// <summary>The goldens' CIFAR-10 pictures, batch by batch.</summary>
internal sealed class GoldenBatches
{
    private readonly NDArray _x;
    private readonly NDArray _y;
    private readonly NDArray _weights;
    private readonly NDArray _validationX;
    private readonly NDArray _validationY;
    private readonly int[] _sizes;
    private readonly int[] _validationSizes;
    private readonly int _classes;

    private GoldenBatches(SafetensorsFile file, JsonElement description)
    {
        _x = file.Required("x");
        _y = file.Required("y");
        _weights = file.Required("sample_weight");
        _validationX = file.Required("val_x");
        _validationY = file.Required("val_y");
        _sizes = Sizes(description, "batch_sizes");
        _validationSizes = Sizes(description, "validation_batch_sizes");
        _classes = description.Get("classes")?.GetArrayLength() ?? throw new InvalidDataException("batches.json has no classes.");
    }

    public static GoldenBatches Open(string folder)
    {
        using var file = SafetensorsFile.Open(Path.Combine(folder, "batches.safetensors"));
        using JsonDocument description = GoldenJson.Read(Path.Combine(folder, "batches.json"));
        return new GoldenBatches(file, description.RootElement);
    }

    /// <summary>The batches of an epoch.</summary>
    public IEnumerable<Batch> Training(bool rows, bool weighted, Precision precision) => Cut(_x, _y, weighted ? _weights : null, _sizes, rows, precision);

    /// <summary>The batches of the validation.</summary>
    public IEnumerable<Batch> Validation(bool rows, Precision precision) => Cut(_validationX, _validationY, null, _validationSizes, rows, precision);

    private IEnumerable<Batch> Cut(NDArray x, NDArray y, NDArray? weights, int[] sizes, bool rows, Precision precision)
    {
        int start = 0;
        foreach (int size in sizes)
        {
            yield return new Batch(Scaled(x.Rows(start, size), precision), rows ? OneHot(y.Rows(start, size)) : y.Rows(start, size), weights?.Rows(start, size));
            start += size;
        }
    }

    // In the precision of the run, as the goldens' were.
    private static NDArray Scaled(NDArray pixels, Precision precision)
    {
        int[] shape = [.. pixels.Shape];
        return precision == Precision.Float64
            ? NDArray.From(Array.ConvertAll(pixels.ToDoubles(), value => value / 255), shape)
            : NDArray.From(Array.ConvertAll(pixels.ToSingles(), value => value / 255), shape);
    }

    private NDArray OneHot(NDArray classes)
    {
        float[] rows = new float[classes.Length * _classes];
        foreach ((int i, double index) in classes.ToDoubles().Index())
        {
            rows[(i * _classes) + (int)index] = 1;
        }

        return NDArray.From(rows, classes.Length, _classes);
    }

    private static int[] Sizes(JsonElement description, string name) => [.. description.Get(name)?.EnumerateArray().Select(size => size.GetInt32()) ?? throw new InvalidDataException($"batches.json has no {name}.")];
}
