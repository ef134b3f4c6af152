using System.Text.Json;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Keras;

/// <summary>What Keras raised, compared with what was thrown.</summary>
internal static class GoldenError
{
    /// <summary>In what the two differ; null if in nothing.</summary>
    public static string? Difference(JsonElement golden, Exception? thrown)
    {
        if (thrown is null)
        {
            return $"nothing was thrown, Keras raised {golden.GetRawText().ReplaceLineEndings("")}";
        }

        string type = golden.Text("type") ?? "";
        bool isOfType = type switch
        {
            "ValueError" => thrown is ArgumentException,
            "KeyError" => thrown is KeyNotFoundException,
            _ => false,
        };

        // Python shows a KeyError's message quoted; .NET adds the parameter's name.
        string message = golden.Text("message") ?? "";
        message = type == "KeyError" ? message.Trim('\'').Replace("\\'", "'", StringComparison.Ordinal) : message;
        string own = thrown.Message.Split(" (Parameter '")[0];
        return isOfType && own == message ? null : $"{thrown.GetType().Name} '{own}', Keras {type} '{message}'";
    }
}
