using TorchSharp;
using VggTransfer.Keras.Data;
using VggTransfer.Keras.Layers;
using VggTransfer.Keras.Losses;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Keras.Regularizers;
using VggTransfer.Training;

namespace VggTransfer.Tests.Engine;

/// <summary>What training leaves in the process, which others that run at the same time would add to.</summary>
[Collection(Alone.Name)]
public sealed class NativeMemoryTests
{
    [Fact]
    public void A_thousand_steps_leave_no_native_memory_behind()
    {
        using Sequential model = Networks.Compiled(
            [
                new Input((16, 16, 3)), new Conv2D(8, (3, 3), padding: "same", kernelRegularizer: new L2(1e-3), activityRegularizer: new L1(1e-3)), new BatchNormalization(), new ReLU(),
                new MaxPooling2D(), new AveragePooling2D((3, 3), (2, 2), "same"), new Dropout(0.2), new Flatten(), new Dense(10, "softmax"),
            ],
            new CategoricalCrossentropy(), new Adam(1e-3, clipnorm: 1, useEma: true), ["accuracy"], Precision.Float32);
        INetwork network = model.CompiledNetwork;
        var batch = new Batch(Networks.Noise(1, 16, 16, 16, 3), Networks.OneHot(10, [.. Enumerable.Range(0, 16).Select(i => i % 10)]), NDArray.From([.. Enumerable.Repeat(1f, 16)]));
        Steps(50);
        long tensors = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        long memory = NativeHeap.BytesInUse();

        Steps(1000);

        Assert.Equal(tensors, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);

        // The runtime compiles hot methods anew meanwhile, and takes some megabytes for it; a batch has 48 kB, its first map 128 kB.
        Assert.InRange(NativeHeap.BytesInUse() - memory, long.MinValue, 16L << 20);

        void Steps(int count)
        {
            for (int i = 0; i < count; i++)
            {
                network.Train(batch, null);
                if (i % 10 == 0)
                {
                    network.Test(batch);
                    network.Predict(batch.X);
                    network.GetOptimizerState();
                    network.FirstNonFinite(batch);
                }
            }
        }
    }
}
