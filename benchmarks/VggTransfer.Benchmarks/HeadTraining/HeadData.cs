using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace VggTransfer.Benchmarks.HeadTraining;

/// <summary>Features to learn from and to be judged on.</summary>
internal sealed record HeadData(string Name, float[][] Training, int[] Labels, float[][] Test, int[] Truth, int Classes)
{
    /// <summary>
    /// Numbers like the averages of a VGG's last maps: not negative, on different scales, and with a spectrum that falls like 1/k,
    /// which is what makes a head hard to fit.
    /// </summary>
    public static HeadData Draw(int images, int dimension, int classes, int seed = 1)
    {
        const int directions = 200;
        var random = new Random(seed);
        double[][] basis = Matrix(directions, dimension, 1);
        double[][] centres = Matrix(classes, directions, 0.6);
        double[] scales = [.. Enumerable.Range(0, dimension).Select(_ => Math.Exp(Gaussian()))];
        (float[][] training, int[] labels) = Sample(images);
        (float[][] test, int[] truth) = Sample(Math.Max(500, images / 2));
        return new HeadData(string.Create(CultureInfo.InvariantCulture, $"{images} x {dimension}, {classes} classes"), training, labels, test, truth, classes);

        (float[][] Features, int[] Classes) Sample(int count)
        {
            int[] label = [.. Enumerable.Range(0, count).Select(i => i % classes)];
            return ([.. label.Select(Vector)], label);
        }

        float[] Vector(int label)
        {
            double[] values = new double[dimension];
            for (int k = 0; k < directions; k++)
            {
                double share = (Gaussian() + centres[label][k]) * 3 / Math.Sqrt(k + 1);
                for (int j = 0; j < dimension; j++)
                {
                    values[j] += share * basis[k][j];
                }
            }

            return [.. values.Select((value, j) => (float)(Math.Max(0, value + 1 + Gaussian()) * scales[j]))];
        }

        double[][] Matrix(int rows, int columns, double scale) => [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, columns).Select(_ => scale * Gaussian()).ToArray())];

        double Gaussian() => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
    }

    /// <summary>What <c>vggtransfer features</c> wrote: every third image is to be judged on.</summary>
    /// <param name="path">A .npy of float32, with its <c>.rows.csv</c> beside it.</param>
    public static HeadData Read(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        int begin = 10 + BinaryPrimitives.ReadUInt16LittleEndian(file.AsSpan(8));
        string[] rows = [.. File.ReadLines(path + ".rows.csv").Skip(1).Select(line => line[(line.LastIndexOf(',') + 1)..])];
        float[][] features = [.. MemoryMarshal.Cast<byte, float>(file.AsSpan(begin)).ToArray().Chunk((file.Length - begin) / sizeof(float) / rows.Length)];
        string[] names = [.. rows.Distinct().Order(StringComparer.Ordinal)];
        int[] labels = [.. rows.Select(row => Array.IndexOf(names, row))];
        int[] training = [.. Enumerable.Range(0, rows.Length).Where(i => i % 3 != 2)];
        int[] test = [.. Enumerable.Range(0, rows.Length).Where(i => i % 3 == 2)];
        return new HeadData(
            string.Create(CultureInfo.InvariantCulture, $"{Path.GetFileName(path)}, {training.Length} x {features[0].Length}, {names.Length} classes"),
            [.. training.Select(i => features[i])], [.. training.Select(i => labels[i])], [.. test.Select(i => features[i])], [.. test.Select(i => labels[i])], names.Length);
    }

    /// <summary>For NumPy: x, y to learn from, u, v to be judged on.</summary>
    public void Write(string folder)
    {
        WriteArray(Path.Combine(folder, "x.npy"), "<f4", [Training.Length, Training[0].Length], MemoryMarshal.AsBytes(Training.SelectMany(row => row).ToArray().AsSpan()));
        WriteArray(Path.Combine(folder, "y.npy"), "<i4", [Labels.Length], MemoryMarshal.AsBytes(Labels.AsSpan()));
        WriteArray(Path.Combine(folder, "u.npy"), "<f4", [Test.Length, Test[0].Length], MemoryMarshal.AsBytes(Test.SelectMany(row => row).ToArray().AsSpan()));
        WriteArray(Path.Combine(folder, "v.npy"), "<i4", [Truth.Length], MemoryMarshal.AsBytes(Truth.AsSpan()));
    }

    private static void WriteArray(string path, string type, int[] shape, ReadOnlySpan<byte> content)
    {
        string description = $"{{'descr': '{type}', 'fortran_order': False, 'shape': ({string.Join(", ", shape)},), }}";
        int padding = 64 - ((10 + description.Length + 1) % 64);
        byte[] header = Encoding.ASCII.GetBytes(description + new string(' ', padding) + "\n");
        using FileStream stream = File.Create(path);
        stream.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, (byte)(header.Length >> 8)]);
        stream.Write(header);
        stream.Write(content);
    }
}
