using VggTransfer.Datasets;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Datasets;

public sealed class LeakedFilesTests
{
    [Fact]
    public void Files_with_the_same_bytes_are_found_and_others_of_their_length_are_not()
    {
        using var folder = new TemporaryFolder();
        string Write(string name, string content)
        {
            File.WriteAllText(folder.File(name), content);
            return folder.File(name);
        }

        string[] training = [Write("a", "one"), Write("b", "two"), Write("c", "")];
        string[] validation = [Write("d", "two"), Write("e", "six"), Write("f", "seven"), Write("g", ""), Write("h", "two"), folder.File("missing")];
        Assert.Equal([validation[0], validation[4]], LeakedFiles.Find(training, validation, TestContext.Current.CancellationToken));
    }
}
