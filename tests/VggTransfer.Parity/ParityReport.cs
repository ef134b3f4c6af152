using System.Text.Json;

namespace VggTransfer.Parity;

/// <summary>Prints comparisons, one a line or as one JSON document, and turns them into an exit code.</summary>
internal static class ParityReport
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    public static int Write(IReadOnlyList<ParityCase> cases, bool asJson, TextWriter output)
    {
        int failed = cases.Count(c => !c.Passed);
        int passed = cases.Count - failed;
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(new { passed, failed, cases }, s_json));
        }
        else
        {
            foreach (ParityCase item in cases)
            {
                output.WriteLine($"{(item.Passed ? "ok  " : "FAIL")} {item.Name} {item.Detail.ReplaceLineEndings(" ")}");
            }

            output.WriteLine($"{passed} passed, {failed} failed");
        }

        return failed == 0 ? ExitCodes.AllPassed : ExitCodes.SomeFailed;
    }
}
