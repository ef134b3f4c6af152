using VggTransfer.Parity;
using VggTransfer.Parity.Keras;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Data;

public class FileListingParityTests
{
    [Fact]
    public void Folders_are_listed_and_split_as_Keras_does()
    {
        ParityCase[] cases = [.. FileListingParity.Check(SharedData.Require("goldens/keras"))];
        Assert.NotEmpty(cases);
        Assert.All(cases, item => Assert.True(item.Passed, $"{item.Name}: {item.Detail}"));
    }
}
