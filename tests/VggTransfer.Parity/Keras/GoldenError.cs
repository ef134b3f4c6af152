using System.Text.Json;
using VggTransfer.Parity.Images;

namespace VggTransfer.Parity.Keras;

/// <summary>What Keras raised, compared with what was thrown.</summary>
internal static class GoldenError
{
    /// <summary>In what the two differ; null if in nothing.</summary>
    /// <param name="golden">The error in the golden.</param>
    /// <param name="thrown">What was thrown; null for nothing.</param>
    /// <param name="folder">What paths in the message have before them, and Keras's don't.</param>
    public static string? Difference(JsonElement golden, Exception? thrown, string folder)
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
        message = type == "KeyError" ? message[1..^1].Replace("\\'", "'", StringComparison.Ordinal) : message;
        string own = thrown.Message.Split(" (Parameter '")[0].Replace(folder + Path.DirectorySeparatorChar, "", StringComparison.Ordinal);
        return isOfType && own == message ? null : $"{thrown.GetType().Name} '{own}', Keras {type} '{message}'";
    }
}
