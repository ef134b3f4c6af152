using System.Globalization;
using System.Runtime.InteropServices;
using static TorchSharp.torch;

namespace VggTransfer.Training;

/// <summary>Where and in which types a network computes.</summary>
internal sealed class TorchDevice
{

    private readonly int _threads;

    private TorchDevice(Device device, Precision precision, int threads)
    {
        Device = device;
        _threads = threads;
        WeightType = precision == Precision.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        ComputeType = precision == Precision.BFloat16 ? ScalarType.BFloat16 : WeightType;
        Precision = precision;
    }

    /// <summary>libtorch's device.</summary>
    public Device Device { get; }

    /// <summary>The type of weights, losses and updates.</summary>
    public ScalarType WeightType { get; }

    /// <summary>The type that convolutions and dense layers compute in.</summary>
    public ScalarType ComputeType { get; }

    /// <summary>What was asked for.</summary>
    public Precision Precision { get; }

    /// <summary>Whether it is the processor itself, whose memory is the program's.</summary>
    public bool IsCpu => Device.type == TorchSharp.DeviceType.CPU;

    /// <summary>Whether it is an NVIDIA (or ROCm) GPU.</summary>
    public bool IsCuda => Device.type == TorchSharp.DeviceType.CUDA;

    /// <summary>Whether weights are 8-byte numbers.</summary>
    public bool IsDouble => Precision == Precision.Float64;

    /// <summary>The first number of a CUDA device's compute capability; 0 if the driver doesn't tell.</summary>
    public unsafe int CudaMajorCapability
    {
        get
        {
            // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR of cuda.h.
            const int MajorCapability = 75;
            if (!TryCudaExport("cuDeviceGet", out nint get) || !TryCudaExport("cuDeviceGetAttribute", out nint getAttribute))
            {
                return 0;
            }

            int device;
            int major;
            return ((delegate* unmanaged<int*, int, int>)get)(&device, Math.Max(Device.index, 0)) == 0
                && ((delegate* unmanaged<int*, int, int, int>)getAttribute)(&major, MajorCapability, device) == 0
                ? major
                : 0;
        }
    }

    /// <summary>Finds the device that options ask for.</summary>
    /// <exception cref="TrainingEngineNotFoundException">libtorch isn't there.</exception>
    /// <exception cref="ArgumentException">There is no such device, or it can't do what is asked for.</exception>
    public static TorchDevice Open(ExecutionOptions options)
    {
        OptionRange.Check(options);
        int threads = options.Threads ?? ThreadCount.Default;
        TorchLibrary.Load();
        Device device = Find(options.Device);
        if (device.type == TorchSharp.DeviceType.MPS && options.Precision == Precision.Float64)
        {
            throw new ArgumentException("Apple's MPS has no 8-byte floating point; use the device cpu or another precision.", nameof(options));
        }

        return new TorchDevice(device, options.Precision, threads);
    }

    /// <summary>
    /// Makes the calling thread compute with as many threads as were asked for. libtorch keeps the number for each thread, and
    /// some of it for the whole process, where another network may have set it.
    /// </summary>
    public void Enter()
    {
        if (get_num_threads() != _threads)
        {
            set_num_threads(_threads);
        }
    }

    /// <summary><c>CPU, 2 threads, float32</c>; <c>CUDA (NVIDIA H100), bfloat16</c>.</summary>
    public override string ToString()
    {
        string precision = Precision switch { Precision.BFloat16 => "bfloat16", Precision.Float64 => "float64", _ => "float32" };
        string place = Device.type switch
        {
            TorchSharp.DeviceType.CUDA => $"CUDA ({CudaName(Math.Max(Device.index, 0)) ?? $"device {Math.Max(Device.index, 0)}"})",
            TorchSharp.DeviceType.MPS => "MPS",
            _ => string.Create(CultureInfo.InvariantCulture, $"CPU, {_threads} thread{(_threads == 1 ? "" : "s")}"),
        };
        return $"{place}, {precision}";
    }

    private static Device Find(string name)
    {
        switch (name)
        {
            case "auto":
                return cuda.is_available() ? CUDA : mps_is_available() ? MPS : CPU;
            case "cpu":
                return CPU;
            case "mps":
                return mps_is_available() ? MPS : throw new ArgumentException("The device mps was asked for, and this is no Mac with Apple's processor.");
            case "cuda":
                return cuda.is_available() ? CUDA : throw NoCuda(name);
            case not null when name.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(name.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out int index):
                int count = cuda.is_available() ? cuda.device_count() : throw NoCuda(name);
                return index < count
                    ? new Device(TorchSharp.DeviceType.CUDA, index)
                    : throw new ArgumentException($"The device {name} was asked for, and there {(count == 1 ? "is only cuda:0" : $"are only cuda:0 to cuda:{count - 1}")}.");
            default:
                throw new ArgumentException($"There is no device '{name}'; there are auto, cpu, cuda, cuda:N and mps.");
        }
    }

    private static ArgumentException NoCuda(string name) =>
        new($"The device {name} was asked for, and CUDA isn't available: it needs an NVIDIA GPU with its driver, and the package TorchSharp-cuda-linux or TorchSharp-cuda-windows in the application.");

    // TorchSharp doesn't tell; the driver, which is loaded by now, does.
    private static string? CudaName(int index)
    {
        if (!TryCudaExport("cuDeviceGet", out nint get) || !TryCudaExport("cuDeviceGetName", out nint getName))
        {
            return null;
        }

        unsafe
        {
            byte* name = stackalloc byte[256];
            int device;
            return ((delegate* unmanaged<int*, int, int>)get)(&device, index) == 0 && ((delegate* unmanaged<byte*, int, int, int>)getName)(name, 256, device) == 0
                ? Marshal.PtrToStringUTF8((nint)name)
                : null;
        }
    }

    private static bool TryCudaExport(string name, out nint address)
    {
        address = 0;
        return NativeLibrary.TryLoad(OperatingSystem.IsWindows() ? "nvcuda.dll" : "libcuda.so.1", out nint library) && NativeLibrary.TryGetExport(library, name, out address);
    }
}
