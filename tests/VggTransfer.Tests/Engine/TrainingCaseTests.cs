using VggTransfer.Parity;
using VggTransfer.Parity.Keras;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Engine;

/// <summary>Oracle: 20 steps of tf_keras 2.21 for each case of goldens/keras.</summary>
[Collection(SerialEngine.Name)]
public sealed class TrainingCaseTests
{
    [Fact]
    public void Every_step_of_every_case_is_Kerass()
    {
        IReadOnlyList<ParityCase> cases = [.. TrainingCaseParity.Check(SharedData.Require("goldens/keras"))];

        Assert.NotEmpty(cases);
        Assert.All(cases, item => Assert.True(item.Passed, $"{item.Name}: {item.Detail}"));
    }
}
