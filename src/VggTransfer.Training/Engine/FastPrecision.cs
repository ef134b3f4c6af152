using System.Runtime.Intrinsics.X86;

namespace VggTransfer.Training;

/// <summary>Which types of computation a device is fast at.</summary>
internal static class FastPrecision
{
    // Intel's manual, volume 2, CPUID: leaf 7, subleaf 1, EAX bit 5 is AVX512_BF16; subleaf 0, EDX bit 22 is AMX-BF16.
    private const int FeatureLeaf = 7;
    private const int Avx512BFloat16 = 1 << 5;
    private const int AmxBFloat16 = 1 << 22;

    /// <summary>Whether a device computes faster in bfloat16 than in 4-byte floating point.</summary>
    /// <param name="device">As in <see cref="ExecutionOptions.Device"/>.</param>
    /// <exception cref="TrainingEngineNotFoundException">The native library isn't there.</exception>
    /// <exception cref="ArgumentException">There is no such device.</exception>
    public static bool HasBFloat16(string device)
    {
        var opened = TorchDevice.Open(new ExecutionOptions { Device = device });
        return opened.IsCpu ? ProcessorHasBFloat16() : opened.IsCuda && opened.CudaMajorCapability >= 8;
    }

    private static bool ProcessorHasBFloat16()
    {
        // The runtime says whether the system keeps the wide registers; the processor alone doesn't.
        if (!X86Base.IsSupported || !Avx512F.IsSupported)
        {
            return false;
        }

        (int subleaves, _, _, int edx) = X86Base.CpuId(FeatureLeaf, 0);
        return (edx & AmxBFloat16) != 0 || (subleaves >= 1 && (X86Base.CpuId(FeatureLeaf, 1).Eax & Avx512BFloat16) != 0);
    }
}
