using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Numerics.Tensors;
using System.Security.Cryptography;
using SkiaSharp;
using VggTransfer.Benchmarks.Material;
using VggTransfer.DataQuality;
using VggTransfer.Datasets;
using VggTransfer.Files;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Similarity;

namespace VggTransfer.Benchmarks.Scale;

/// <summary>
/// <c>scale</c>: an index of drawn vectors written, opened and asked; folders of small drawn pictures searched for copies, each twice
/// as large as the one before.
/// </summary>
internal static class ScaleCommand
{
    private const int Queries = 10;
    private const int Top = 20;

    public static Command Create()
    {
        var vectors = new Option<int>("--vectors") { Description = "Vectors of the index; 0 for none.", DefaultValueFactory = _ => 1_000_000 };
        var dimension = new Option<int>("--dimension") { Description = "Their length.", DefaultValueFactory = _ => 512 };
        var images = new Option<int[]>("--images") { Description = "Pictures of the folders.", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [5000, 10_000, 20_000] };
        var command = new Command("scale", "Time and memory of a large index, and of the search for copies in large folders.") { vectors, dimension, images };
        command.SetAction((result, cancellationToken) =>
        {
            using var work = new WorkFolder();
            if (result.GetValue(vectors) > 0)
            {
                MeasureIndex(Path.Combine(work.Path, "vectors.index"), result.GetValue(vectors), result.GetValue(dimension), cancellationToken);
            }

            MeasureCheck(Path.Combine(work.Path, "pictures"), result.GetValue(images)!, cancellationToken);
            return Task.CompletedTask;
        });
        return command;
    }

    private static void MeasureIndex(string path, int count, int dimension, CancellationToken cancellationToken)
    {
        var random = new Random(1);
        List<(IndexEntry, ReadOnlyMemory<Half>)>? pictures = [.. Enumerable.Range(0, count).Select(i =>
            (new IndexEntry($"pictures/{i:0000000}.jpg", Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(i))), i, i), Drawn(random, dimension)))];
        var settings = new IndexSettings("drawn", "", PreprocessingFamily.Torchvision, "block5_pool:avg", 224, ImageOrientation.Upright);
        Console.WriteLine($"{count} vectors of {dimension}");
        Report("written", Time(() => AtomicFile.Write(path, stream => IndexFileWriter.Write(stream, settings, dimension, pictures))));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"file {new FileInfo(path).Length / 1e6:F0} MB"));
        pictures = null;
        GC.Collect();
        SimilarImageIndex? opened = null;
        Report("opened", Time(() => opened = SimilarImageIndex.Open(path)));
        using SimilarImageIndex index = opened!;
        float[][] queries = [.. Enumerable.Range(0, Queries).Select(_ => Singles(Drawn(random, dimension)))];
        Report("first query", Time(() => index.Find(queries[0], Top, cancellationToken)));
        Report("a query, mean of ten", Time(() => Array.ForEach(queries, query => index.Find(query, Top, cancellationToken))) / Queries);
        Report("a query of ten at once", Time(() => index.FindAll(queries, Top, cancellationToken: cancellationToken)) / Queries);
    }

    private static void MeasureCheck(string root, int[] sizes, CancellationToken cancellationToken)
    {
        foreach (int size in sizes)
        {
            string folder = Path.Combine(root, $"{size}");
            DrawPictures(folder, size);
            ImageFolderCheckResult? result = null;
            double seconds = Time(() => result = ImageFolderCheck.Run(ImageFolder.Open(folder, cancellationToken), new ImageFolderCheckOptions { UseNetwork = false }, cancellationToken: cancellationToken));
            Report($"{size} pictures searched for copies, {result!.Duplicates.Count} groups found", seconds);
        }
    }

    /// <summary>Small pictures of smooth structure, no two alike but every hundredth, which is the one before it once more at another quality.</summary>
    private static void DrawPictures(string folder, int count)
    {
        foreach (int label in Enumerable.Range(0, 10))
        {
            Directory.CreateDirectory(Path.Combine(folder, $"class-{label}"));
        }

        Parallel.For(0, count, i =>
        {
            bool isCopy = i % 100 == 99;
            var random = new Random(isCopy ? i - 1 : i);
            using var coarse = new SKBitmap(8, 8);
            coarse.Pixels = [.. Enumerable.Range(0, 64).Select(_ => new SKColor((uint)random.Next() | 0xff000000))];
            using SKBitmap picture = coarse.Resize(new SKImageInfo(32, 32), SKFilterQuality.High);
            using SKData data = picture.Encode(SKEncodedImageFormat.Jpeg, isCopy ? 80 : 92);
            File.WriteAllBytes(Path.Combine(folder, $"class-{i / 2 % 10}", $"{i:00000}.jpg"), data.ToArray());
        });
    }

    private static ReadOnlyMemory<Half> Drawn(Random random, int dimension)
    {
        float[] vector = new float[dimension];
        for (int i = 0; i < dimension; i++)
        {
            vector[i] = random.NextSingle() - 0.3f;
        }

        TensorPrimitives.Divide(vector, TensorPrimitives.Norm<float>(vector), vector);
        var halves = new Half[dimension];
        TensorPrimitives.ConvertToHalf(vector, halves);
        return halves;
    }

    private static float[] Singles(ReadOnlyMemory<Half> vector)
    {
        float[] singles = new float[vector.Length];
        TensorPrimitives.ConvertToSingle(vector.Span, singles);
        return singles;
    }

    private static double Time(Action action)
    {
        long begin = Stopwatch.GetTimestamp();
        action();
        return Stopwatch.GetElapsedTime(begin).TotalSeconds;
    }

    private static void Report(string what, double seconds)
    {
        using Process process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {seconds:F3} s, memory {process.WorkingSet64 / 1e6:F0} MB, most so far {process.PeakWorkingSet64 / 1e6:F0} MB"));
    }
}
