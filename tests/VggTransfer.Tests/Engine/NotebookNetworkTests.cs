using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Parity.Keras;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>Oracle: the notebook's own count of parameters, and Keras's first loss (goldens/keras/notebook.json).</summary>
[Collection(SerialEngine.Name)]
public sealed class NotebookNetworkTests
{
    [Fact]
    public void It_begins_as_Kerass_does()
    {
        using Sequential model = NotebookParity.Create(new SGD(0.01, 0.9, nesterov: true), penalised: true, seed: 7);

        StepResult result = model.CompiledNetwork.Test(new Batch(Networks.Noise(1, 4, 32, 32, 3), Networks.OneHot(10, 1, 2, 3, 4)));

        Assert.Equal(39_929_674, model.ParameterCount);
        Assert.InRange(result.RegularizationLoss, 1.931, 1.937);
        Assert.InRange(result.Loss, 4.22, 4.25);
    }
}
