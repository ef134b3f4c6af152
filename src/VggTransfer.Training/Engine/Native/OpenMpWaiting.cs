using System.Runtime.InteropServices;

namespace VggTransfer.Training;

/// <summary>
/// How libtorch's threads wait for one another. As OpenMP comes, they turn in circles for milliseconds; where anything else
/// wants the processor, the preparation of the next batch for one, they take it from the very thread that they wait for, and
/// a step can last ten times as long.
/// </summary>
internal static partial class OpenMpWaiting
{
    private const string Policy = "OMP_WAIT_POLICY";

    /// <summary>Lets them sleep, unless the environment says otherwise. OpenMP looks only when it is loaded.</summary>
    public static void Sleep()
    {
        if (!OperatingSystem.IsWindows() && Environment.GetEnvironmentVariable(Policy) is null)
        {
            // .NET's own variables don't reach native libraries here.
            _ = SetVariable(Policy, "passive", 0);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
