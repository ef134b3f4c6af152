using VggTransfer.Models;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Parity.Weights;

/// <summary>A network's input, (N, 3, side, side).</summary>
internal sealed record GoldenInput(float[] Values, int Count, int Side);

/// <summary>An <c>expected.safetensors</c>: inputs, and what the writing tools computed of them.</summary>
internal sealed class GoldenValues : IDisposable
{
    private const string FileName = "expected.safetensors";

    // Not stored, since a formula gives it exactly: see "inputs_by_formula" in timm/expected.json.
    private const string FormulaInput = "input.224";
    private const int FormulaSide = 224;

    private readonly SafetensorsFile _file;

    private GoldenValues(SafetensorsFile file) => _file = file;

    /// <exception cref="IOException">The file is missing or unfit.</exception>
    public static GoldenValues Open(string folder) => new(SafetensorsFile.Open(Path.Combine(folder, FileName)));

    /// <summary>The values of a key; null if it isn't there.</summary>
    public float[]? Find(string key) => _file.Find(key)?.ToModelTensor().ToSingles();

    /// <summary>The input of a key; null if it isn't there or is no batch of square images.</summary>
    public GoldenInput? FindInput(string key)
    {
        if (_file.Find(key) is not { } tensor)
        {
            return key == FormulaInput ? new GoldenInput(Formula(), 1, FormulaSide) : null;
        }

        ModelTensor stored = tensor.ToModelTensor();
        return stored.Shape is [int count, 3, int height, int width] && height == width ? new GoldenInput(stored.ToSingles(), count, height) : null;
    }

    public void Dispose() => _file.Dispose();

    private static float[] Formula()
    {
        float[] values = new float[3 * FormulaSide * FormulaSide];
        for (int i = 0; i < values.Length; i++)
        {
            (int c, int y, int x) = (i / (FormulaSide * FormulaSide), i / FormulaSide % FormulaSide, i % FormulaSide);
            values[i] = ((((7 * x) + (13 * y) + (29 * c) + (3 * (x * y % 31))) % 17) - 8) / 8f;
        }

        return values;
    }
}
