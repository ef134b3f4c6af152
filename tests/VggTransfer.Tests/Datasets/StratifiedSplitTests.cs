using CsCheck;
using VggTransfer.Datasets;

namespace VggTransfer.Tests.Datasets;

public sealed class StratifiedSplitTests
{
    private static readonly Gen<List<LabeledImage>> s_images = Gen.Int[0, 6].List[0, 60]
        .Select(labels => labels.Select((label, i) => new LabeledImage($"{i}.png", $"class {label}")).ToList());

    private static readonly Gen<(List<LabeledImage> Images, double Fraction, int Seed)> s_cases = Gen.Select(s_images, Gen.Double[0.001, 0.999], Gen.Int);

    [Fact]
    public void Parts_are_disjoint_complete_and_in_order() => s_cases.Sample(
        test =>
        {
            var split = StratifiedSplit.Create(test.Images, test.Fraction, test.Seed);

            Assert.Equal(test.Images, split.Training.Concat(split.Validation).OrderBy(test.Images.IndexOf));
            Assert.Equal(split.Training.OrderBy(test.Images.IndexOf), split.Training);
            Assert.Equal(split.Validation.OrderBy(test.Images.IndexOf), split.Validation);
        }, iter: 300);

    [Fact]
    public void Each_class_gives_its_share_and_at_least_one_to_each_part() => s_cases.Sample(
        test =>
        {
            var split = StratifiedSplit.Create(test.Images, test.Fraction, test.Seed);

            foreach (IGrouping<string, LabeledImage> label in test.Images.GroupBy(image => image.Label))
            {
                int count = label.Count();
                int validation = split.Validation.Count(image => image.Label == label.Key);
                Assert.InRange(validation, count == 1 ? 0 : 1, count - 1);
                Assert.True(Math.Abs(validation - (count * test.Fraction)) <= 0.5 || validation == 1 || validation == count - 1, $"{validation} of {count} at {test.Fraction}");
            }
        }, iter: 300);

    [Fact]
    public void Seed_decides_the_split() => s_cases.Sample(
        test =>
        {
            var split = StratifiedSplit.Create(test.Images, test.Fraction, test.Seed);

            Assert.Equal(split.Validation, StratifiedSplit.Create(test.Images, test.Fraction, test.Seed).Validation);
        }, iter: 100);

    [Fact]
    public void Another_seed_gives_another_split()
    {
        LabeledImage[] images = [.. Enumerable.Range(0, 100).Select(i => new LabeledImage($"{i}", "a"))];

        Assert.NotEqual(StratifiedSplit.Create(images, 0.5, 1).Validation, StratifiedSplit.Create(images, 0.5, 2).Validation);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void Share_outside_0_to_1_is_refused(double fraction) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => StratifiedSplit.Create([], fraction, 1));
}
