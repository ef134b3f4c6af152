using VggTransfer.FineTuning;
using VggTransfer.Keras.Data;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.FineTuning;

public sealed class FrozenOutputsTests : IDisposable
{
    private const int Rows = 7;

    private readonly TemporaryFolder _folder = new();
    private int _computed;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Rows_come_back_in_any_order_to_the_last_bit()
    {
        using FrozenOutputs outputs = Open(Layout(1, half: false));
        NDArray rows = outputs.Gather([5, 0, 5]);
        Assert.Equal([3, 2, 3], rows.Shape);
        Assert.Equal([.. Row(5), .. Row(0), .. Row(5)], rows.ToSingles());
    }

    [Fact]
    public void Numbers_that_bfloat16_holds_come_back_from_half_the_bytes()
    {
        using (FrozenOutputs outputs = Open(Layout(1, half: true), row => [.. Row(row).Select(value => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000))]))
        {
            Assert.Equal(Row(6).Select(value => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(value) & 0xFFFF0000)), outputs.Gather([6]).ToSingles());
        }

        Assert.Equal(64 + (Rows * 6 * 2), new FileInfo(_folder.File("frozen.bin")).Length);
    }

    [Fact]
    public void Others_are_rounded_to_nearest_and_ties_to_even()
    {
        // 1 + 2^-8 lies between two bfloat16 numbers, of which 1 is even; 1 + 3 * 2^-8 goes up to 1 + 2^-6.
        using FrozenOutputs outputs = Open(Layout(1, half: true), _ => [1 + (1 / 256f), 1 + (3 / 256f), -3.14159f, 0, 1e30f, 1e-30f]);
        float[] row = outputs.Gather([0]).ToSingles();
        Assert.Equal([1, 1 + (1 / 64f), -3.140625f, 0], row[..4]);
        Assert.Equal(1, row[4] / 1e30f, tolerance: 1 / 256f);
        Assert.Equal(1, row[5] / 1e-30f, tolerance: 1 / 256f);
    }

    [Fact]
    public void A_file_that_fits_is_used_again_and_any_other_is_made_anew()
    {
        Open(Layout(1, half: false)).Dispose();
        Assert.Equal(Rows, _computed);
        Open(Layout(1, half: false)).Dispose();
        Assert.Equal(Rows, _computed);

        // Other weights, pictures or sizes have another identity.
        using (FrozenOutputs outputs = Open(Layout(2, half: false), row => [.. Row(row).Select(value => 2 * value)]))
        {
            Assert.Equal(2 * Rows, _computed);
            Assert.Equal(Row(3).Select(value => 2 * value), outputs.Gather([3]).ToSingles());
        }

        File.WriteAllBytes(_folder.File("frozen.bin"), [1, 2, 3]);
        using FrozenOutputs repaired = Open(Layout(2, half: false));
        Assert.Equal(3 * Rows, _computed);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(6)]
    public void A_filling_that_was_interrupted_goes_on(int at)
    {
        using var cancellation = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => FrozenOutputs.Open(
            _folder.File("frozen.bin"),
            Layout(1, half: false),
            Compute,
            done =>
            {
                if (done >= at)
                {
                    cancellation.Cancel();
                }
            },
            cancellation.Token));
        Assert.False(File.Exists(_folder.File("frozen.bin")));
        using FrozenOutputs outputs = Open(Layout(1, half: false));
        Assert.InRange(_computed, Rows, Rows + 1);
        Assert.Equal(Enumerable.Range(0, Rows).SelectMany(Row), outputs.Gather([.. Enumerable.Range(0, Rows)]).ToSingles());
    }

    [Fact]
    public void Lack_of_room_is_known_before_a_file_is_made()
    {
        string path = _folder.File("frozen.bin");
        Assert.Null(FrozenOutputs.LackOfRoom(path, Layout(1, half: false)));
        string lack = FrozenOutputs.LackOfRoom(path, new FrozenOutputsLayout(new byte[32], 100_000_000, [1000, 1000], Half: false))!;
        Assert.StartsWith("The outputs of the frozen layers take 400000.0 GB in '", lack, StringComparison.Ordinal);
        Assert.EndsWith(" GB are free", lack, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_folder.Path));
    }

    private static float[] Row(int row) => [.. Enumerable.Range(0, 6).Select(i => 0.1f + row + (i / 7f))];

    private static FrozenOutputsLayout Layout(byte identity, bool half) => new([.. Enumerable.Repeat(identity, 32)], Rows, [2, 3], half);

    private FrozenOutputs Open(FrozenOutputsLayout layout, Func<int, float[]>? row = null) => FrozenOutputs.Open(
        _folder.File("frozen.bin"), layout, from => Compute(from, row ?? Row), _ => { }, CancellationToken.None);

    private IEnumerable<NDArray> Compute(int from) => Compute(from, Row);

    /// <summary>Two rows at a time, as far as they go.</summary>
    private IEnumerable<NDArray> Compute(int from, Func<int, float[]> row)
    {
        foreach (int[] rows in Enumerable.Range(from, Rows - from).Chunk(2))
        {
            _computed += rows.Length;
            yield return NDArray.From([.. rows.SelectMany(row)], rows.Length, 2, 3);
        }
    }
}
