using VggTransfer.Architectures;
using VggTransfer.Keras;
using VggTransfer.Keras.Layers;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Computes a <see cref="PooledMaps"/>, in the type of weights: what a head works on deserves all its digits.</summary>
internal sealed class PooledMapsLayer(PooledMaps pooled, TorchDevice device) : TorchLayer(pooled, device)
{
    /// <summary>The slope of a square root has no bound at 0, so it is a straight line below this. Pooled maps of a VGG reach to some tens.</summary>
    private const double SmallestUnderRoot = 1e-6;

    /// <summary>Below this, a vector isn't made longer.</summary>
    private const double SmallestLength = 1e-12;

    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        IEnumerable<Tensor> parts = pooled.Maps.Select(map => Normalize(
            context.Pooled.TryGetValue(map.Raw, out Tensor? carried) ? carried : Pool(context.Maps[map.LayerName], map.Pooling), map.Normalization));
        if (pooled.KeepsInput)
        {
            parts = parts.Prepend(Maps.ToKeras(x).reshape(x.shape[0], -1).to(Device.WeightType));
        }

        return cat([.. parts], 1);
    }

    private static Tensor Normalize(Tensor vectors, FeatureNormalization normalization)
    {
        if (normalization == FeatureNormalization.None)
        {
            return vectors;
        }

        if (normalization == FeatureNormalization.Hellinger)
        {
            vectors = vectors / vectors.clamp(min: KeptScalar.Of(SmallestUnderRoot)).sqrt();
        }

        return vectors / vectors.Squared().sum(1, keepdim: true).clamp(min: KeptScalar.Of(SmallestLength * SmallestLength)).sqrt();
    }

    private Tensor Pool(Tensor map, FeaturePooling pooling) => pooling == FeaturePooling.Maximum
        ? map.amax(2L, 3L).to(Device.WeightType)
        : map.mean([2L, 3L], type: Device.WeightType);
}

/// <summary>Computes a <see cref="CarriedMaps"/>.</summary>
internal sealed class CarriedMapsLayer(CarriedMaps carried, TorchDevice device) : TorchLayer(carried, device)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context)
    {
        if (carried.Maps.Count == 0)
        {
            return x;
        }

        long position = carried.MapShape is null ? 0 : Shapes.Count(carried.MapShape);
        Tensor output = carried.MapShape is null ? x : Maps.FromKeras(x.narrow(1, 0, position).reshape([x.shape[0], .. TorchArrays.ShapeOf(carried.MapShape)]));
        foreach (PooledMap map in carried.Maps)
        {
            context.Pooled[map] = x.narrow(1, position, map.Channels);
            position += map.Channels;
        }

        return output;
    }
}

/// <summary>Computes a <see cref="Standardization"/>, in the type of weights.</summary>
internal sealed class StandardizationLayer(Standardization layer, TorchVariable mean, TorchVariable scale, TorchDevice device) : TorchLayer(layer, device)
{
    /// <inheritdoc/>
    protected override Tensor Compute(Tensor x, StepContext context) => (x.to(Device.WeightType) - mean.Leaf) * scale.Leaf;
}
