using System.Runtime.Intrinsics.X86;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using VggTransfer.Files;
using VggTransfer.Models;
using VggTransfer.Weights.Formats.Onnx;

namespace VggTransfer.Backbones;

/// <summary>A graph loaded into ONNX Runtime: pixels in, one output. Safe to run from many threads.</summary>
internal sealed class OnnxNetwork : IFeatureNetwork
{
    /// <summary>Above this, the weights go to ONNX Runtime through a file that it maps: two copies in memory less.</summary>
    private const long LargestGraphInMemory = 256L << 20;

    private readonly InferenceSession _session;
    private readonly RunOptions _runOptions = new();
    private readonly string[] _inputNames;
    private readonly string[] _outputNames;

    private OnnxNetwork(InferenceSession session)
    {
        _session = session;
        _inputNames = [.. session.InputNames];
        _outputNames = [.. session.OutputNames];
        if (_inputNames.Length != 1 || _outputNames.Length != 1
            || session.InputMetadata[_inputNames[0]] is not { OnnxValueType: OnnxValueType.ONNX_TYPE_TENSOR, ElementDataType: TensorElementType.UInt8, Dimensions: [_, > 0, > 0, 3] input }
            || session.OutputMetadata[_outputNames[0]] is not { OnnxValueType: OnnxValueType.ONNX_TYPE_TENSOR, ElementDataType: TensorElementType.Float, Dimensions: [_, > 0] output }
            || input[1] != input[2])
        {
            session.Dispose();
            throw new NotSupportedException("The graph doesn't take square RGB images of bytes, or doesn't give one vector of singles for each.");
        }

        Dimension = output[1];
        InputSize = input[1];
    }

    /// <inheritdoc/>
    public int Dimension { get; }

    /// <inheritdoc/>
    public int InputSize { get; }

    public static OnnxNetwork Create(VggModel model, OnnxExportOptions export, int threads)
    {
        using SessionOptions options = Options(threads);
        if (model.Tensors.Values.Sum(tensor => (long)tensor.Data.Length) <= LargestGraphInMemory)
        {
            using var graph = new MemoryStream();
            OnnxModelWriter.Write(model, graph, export);
            return new OnnxNetwork(new InferenceSession(graph.ToArray(), options));
        }

        using var file = new TemporaryFile(".onnx");
        using var weights = new TemporaryFile(".onnx.data");
        OnnxModelWriter.Write(model, file.Path, weights.Path, export);
        return new OnnxNetwork(new InferenceSession(file.Path, options));
    }

    /// <summary>Loads a graph that is whole.</summary>
    /// <param name="graph">A graph with one output, such as <see cref="IBackbone.WriteOnnx"/> writes.</param>
    /// <param name="threads">Threads for inference.</param>
    /// <exception cref="OnnxRuntimeException">The bytes are no graph.</exception>
    /// <exception cref="NotSupportedException">The graph is none for images.</exception>
    public static OnnxNetwork Load(byte[] graph, int threads)
    {
        using SessionOptions options = Options(threads);
        return new OnnxNetwork(new InferenceSession(graph, options));
    }

    /// <summary>Loads a graph whose large weights lie in a file.</summary>
    /// <param name="graph">The graph, as <see cref="OnnxWeightsInPlace"/> makes it.</param>
    /// <param name="folder">The folder of the file that it names.</param>
    /// <param name="threads">Threads for inference.</param>
    /// <inheritdoc cref="Load(byte[], int)"/>
    public static OnnxNetwork Load(byte[] graph, string folder, int threads)
    {
        using SessionOptions options = Options(threads);
        options.AddSessionConfigEntry("session.model_external_initializers_file_folder_path", folder);
        return new OnnxNetwork(new InferenceSession(graph, options));
    }

    /// <inheritdoc/>
    public void Run(Memory<byte> pixels, int count, Memory<float> features, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using OrtValue input = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, pixels, [count, InputSize, InputSize, 3]);
        using OrtValue output = OrtValue.CreateTensorValueFromMemory(OrtMemoryInfo.DefaultInstance, features, [count, Dimension]);
        if (!cancellationToken.CanBeCanceled)
        {
            _session.Run(_runOptions, _inputNames, [input], _outputNames, [output]);
            return;
        }

        // What ends a run stays set in its options, so this run has its own.
        using var runOptions = new RunOptions();
        using CancellationTokenRegistration termination = cancellationToken.Register(() => runOptions.Terminate = true);
        try
        {
            _session.Run(runOptions, _inputNames, [input], _outputNames, [output]);
        }
        catch (OnnxRuntimeException) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellationToken);
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _runOptions.Dispose();
    }

    /// <summary>How sessions run graphs of ours. Dispose it.</summary>
    /// <param name="threads">Threads for inference.</param>
    public static SessionOptions Options(int threads)
    {
        var options = new SessionOptions
        {
            IntraOpNumThreads = threads,
            ExecutionMode = ExecutionMode.ORT_SEQUENTIAL,

            // What goes wrong comes as an exception; a log line on standard error would say it twice.
            LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL,
        };

        // Processors with AVX2 but without VNNI add products of bytes in 2 bytes, which can overflow where one of them is
        // signed; with unsigned weights they can't. With VNNI that would only take three times as long.
        if (X86Base.IsSupported && !HasVnni())
        {
            options.AddSessionConfigEntry("session.x64quantprecision", "1");
        }

        // Threads that spin while they wait take time from decoding, and from everything else on the machine.
        options.AddSessionConfigEntry("session.intra_op.allow_spinning", "0");
        return options;
    }

    /// <summary>AVX512_VNNI or AVX-VNNI (Intel's manual, volume 2A, CPUID leaf 7: subleaf 0, ECX bit 11; subleaf 1, EAX bit 4).</summary>
    private static bool HasVnni() =>
        X86Base.CpuId(0, 0).Eax >= 7 && ((X86Base.CpuId(7, 0).Ecx & (1 << 11)) != 0 || (X86Base.CpuId(7, 1).Eax & (1 << 4)) != 0);
}
