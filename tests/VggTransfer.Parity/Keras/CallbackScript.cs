using System.Text.Json;
using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Keras;

/// <summary>
/// Stands before the callback under test: replaces the figures of each epoch by the golden's, and sets the one weight to the
/// epoch's number, so that it tells which epoch was restored or saved.
/// </summary>
internal sealed class CallbackScript : Callback
{
    private readonly (string Name, double?[] Values)[] _logs;

    /// <param name="logs">By name a value for each epoch, null where it isn't there.</param>
    public CallbackScript(JsonElement logs) => _logs =
    [
        .. logs.EnumerateObject().Select(series => (series.Name, series.Value.EnumerateArray().Select(value => value.ValueKind == JsonValueKind.Null ? (double?)null : value.ToNumber()).ToArray())),
    ];

    /// <summary>The same loss in each epoch.</summary>
    public CallbackScript(int epochs, double loss) => _logs = [("loss", [.. Enumerable.Repeat((double?)loss, epochs)])];

    /// <summary>Epochs that there are figures for.</summary>
    public int Epochs => _logs.Max(series => series.Values.Length);

    public override void OnEpochEnd(int epoch, Logs logs)
    {
        foreach (string name in logs.Keys.ToArray())
        {
            logs.Remove(name);
        }

        foreach ((string name, double?[] values) in _logs)
        {
            if (epoch < values.Length && values[epoch] is { } value)
            {
                logs[name] = value;
            }
        }

        Model.SetWeight(Model.WeightNames[0], NDArray.From([epoch + 1f], 1, 1));
    }
}
