using VggTransfer.Keras.Data;

namespace VggTransfer.Tests.Keras.Data;

/// <summary>Arrays in which every value tells the sample that it belongs to.</summary>
internal static class SmallData
{
    /// <summary>Sample i is (i, i) with target i and weight i / 2.</summary>
    public static SampleDataset Numbered(int count) => Dataset.FromTensorSlices(
        NDArray.From([.. Enumerable.Range(0, count).SelectMany(i => new float[] { i, i })], count, 2),
        NDArray.From([.. Enumerable.Range(0, count)], count),
        NDArray.From([.. Enumerable.Range(0, count).Select(i => i / 2f)], count));

    /// <summary>Reads a pass until the test is cancelled.</summary>
    public static IEnumerable<Batch> ReadPass(this Dataset dataset, int pass, int skip = 0) => dataset.Read(pass, skip, TestContext.Current.CancellationToken);

    /// <summary>The targets of each batch.</summary>
    public static int[][] Targets(this IEnumerable<Batch> batches) => [.. batches.Select(batch => Array.ConvertAll(batch.Y!.ToSingles(), value => (int)value))];

    /// <summary>The targets of a pass, over all batches.</summary>
    public static int[] Order(this Dataset dataset, int pass) => [.. dataset.ReadPass(pass).Targets().SelectMany(targets => targets)];
}
