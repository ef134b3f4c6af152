using VggTransfer.Parity;
using VggTransfer.Parity.Images;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Images;

/// <summary>Oracle: Pillow 13, torchvision, timm, Keras and TensorFlow, in shared/goldens/images.</summary>
public sealed class ImageParityTests
{
    [Fact]
    public void Photos_and_hard_files_come_out_as_the_reference_tools_have_them()
    {
        IReadOnlyList<ParityCase> cases = ImageParity.Check(SharedData.Require("goldens/images"));

        Assert.NotEmpty(cases);
        Assert.Empty(cases.Where(c => !c.Passed).Select(c => $"{c.Name} {c.Detail}"));
    }
}
