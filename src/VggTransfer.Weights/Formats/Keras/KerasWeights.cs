using VggTransfer.Models;
using VggTransfer.Weights.Formats.Hdf5;

namespace VggTransfer.Weights.Formats.Keras;

/// <summary>The weights of a file's layers as tensors in torchvision's layout, which are read when somebody first looks at their numbers.</summary>
internal sealed class KerasWeights(Hdf5File file)
{
    private bool _narrowed;
    private bool _opaque;

    /// <summary>What was done to the numbers that have been read, as whole sentences.</summary>
    public IEnumerable<string> Notes
    {
        get
        {
            if (_narrowed)
            {
                yield return "Its weights are stored as float64 and were rounded to float32.";
            }

            if (_opaque)
            {
                yield return "Some of its weights are two bytes of an unnamed type; they are taken as bfloat16, the only such type that Keras writes.";
            }
        }
    }

    /// <summary>A layer's variable; null where it has none of that role.</summary>
    /// <param name="operation">The layer.</param>
    /// <param name="role">One of <see cref="KerasRoles"/>.</param>
    /// <param name="mapChannels">For the first dense layer behind a flattened map in HWC order: the map's channels; else null.</param>
    public ModelTensor? Find(KerasOperation operation, string role, int? mapChannels = null) =>
        operation.Weights?.GetValueOrDefault(role) is not { } dataset ? null : KerasTensors.Defer(dataset, mapChannels, () =>
        {
            _narrowed |= dataset.Type.Size == sizeof(double);
            _opaque |= dataset.Type.Class == Hdf5Class.Opaque && dataset.Strings("dtype") is null;
        });

    /// <summary>A variable that no such layer goes without.</summary>
    /// <inheritdoc cref="Find"/>
    public ModelTensor Needed(KerasOperation operation, string role, int? mapChannels = null) =>
        Find(operation, role, mapChannels) ?? throw file.Fault($"layer '{MessageText.Shorten(operation.Name)}' has no {role}; the file is damaged");

    /// <summary>
    /// A layer's bias. It may be missing (Keras's <c>use_bias=False</c>) where the configuration says so, before batch norm, or
    /// where all layers of the kind go without.
    /// </summary>
    /// <param name="operation">The layer.</param>
    /// <param name="alike">The layers of its kind.</param>
    /// <param name="beforeNorm">Whether batch norm follows.</param>
    public ModelTensor? Bias(KerasOperation operation, KerasOperation[] alike, bool beforeNorm)
    {
        bool mayBeMissing = KerasSettings.Flag(operation, "use_bias", "bias") is { } used ? !used : beforeNorm || alike.All(other => other.Weights?.ContainsKey(KerasRoles.Bias) != true);
        return Find(operation, KerasRoles.Bias)
            ?? (mayBeMissing ? null : throw file.Fault($"layer '{MessageText.Shorten(operation.Name)}' has no bias, and the others have; the file is damaged"));
    }
}
