using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VggTransfer.Backbones;

/// <summary>
/// ONNX Runtime's packages for Linux and macOS (1.31.1 does) report to Microsoft by default: processes, sessions, models, with
/// an identifier kept in the user's cache folder (microsoft/onnxruntime, pull request 27379). Nobody who classifies photos
/// asked for that.
/// </summary>
internal static partial class OnnxRuntimeTelemetry
{
    private const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Switches it off before ONNX Runtime looks, which it does once; a value that the environment has stays.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255:The 'ModuleInitializer' attribute should not be used in libraries", Justification = "Sessions begin in many places, ML.NET's own among them, and only what comes before the first counts.")]
    internal static void SwitchOff()
    {
        if (OperatingSystem.IsWindows() || OperatingSystem.IsBrowser() || Environment.GetEnvironmentVariable(Variable) is not null)
        {
            // On Windows events go to the system's tracing, whose settings are the user's.
            return;
        }

        try
        {
            // .NET's own variables reach child processes, but no native libraries here.
            Environment.SetEnvironmentVariable(Variable, "1");
            _ = SetVariable(Variable, "1", 0);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            // A system without a C library of this name: the program runs all the same.
            return;
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
