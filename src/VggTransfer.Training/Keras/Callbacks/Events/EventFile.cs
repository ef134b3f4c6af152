using System.Buffers.Binary;
using System.Globalization;
using Google.Protobuf;
using VggTransfer.Weights.Formats.TensorFlow;

namespace VggTransfer.Keras.Callbacks;

/// <summary>
/// A file of events that TensorBoard reads: TFRecords (length, its checksum, data, their checksum) of the protocol buffers
/// message <c>tensorflow.Event</c> (tensorflow/core/util/event.proto). Each writing opens and closes the file, so that a
/// training that ends with an exception leaves nothing open.
/// </summary>
internal sealed class EventFile
{
    // Field numbers of tensorflow.Event.
    private const int WallTime = 1;
    private const int Step = 2;
    private const int FileVersion = 3;
    private const int Summary = 5;

    private static int s_count;

    private readonly TimeProvider _clock;

    private EventFile(string path, TimeProvider clock)
    {
        Path = path;
        _clock = clock;
    }

    public string Path { get; }

    /// <summary>Its bytes so far; 0 as long as it isn't there.</summary>
    public long Length => File.Exists(Path) ? new FileInfo(Path).Length : 0;

    /// <summary>A new file, named as TensorFlow names them: time, machine, process and a number. The first writing makes it.</summary>
    public static EventFile Reserve(string folder, TimeProvider clock)
    {
        string name = string.Create(
            CultureInfo.InvariantCulture,
            $"events.out.tfevents.{clock.GetUtcNow().ToUnixTimeSeconds():0000000000}.{Environment.MachineName}.{Environment.ProcessId}.{Interlocked.Increment(ref s_count)}.v2");
        return new EventFile(System.IO.Path.Combine(folder, name), clock);
    }

    /// <summary>
    /// A file of an earlier process, without what that wrote after a checkpoint; null if it doesn't hold any more what it
    /// held then.
    /// </summary>
    /// <exception cref="IOException">It can't be shortened.</exception>
    public static EventFile? Reopen(string path, long length, TimeProvider clock)
    {
        var file = new EventFile(path, clock);
        if (file.Length < length)
        {
            return null;
        }

        if (length == 0 && file.Length > 0)
        {
            File.Delete(path);
        }
        else if (length > 0)
        {
            using FileStream stream = File.Open(path, FileMode.Open, FileAccess.Write);
            stream.SetLength(length);
        }

        return file;
    }

    /// <summary>Adds summaries of one step.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Write(long step, IEnumerable<SummaryValue> values)
    {
        IEnumerable<byte[]> events = values.Select(value => Event(output =>
        {
            output.WriteTag(Step, WireFormat.WireType.Varint);
            output.WriteInt64(step);
            output.WriteTag(Summary, WireFormat.WireType.LengthDelimited);
            output.WriteBytes(value.ToSummary());
        }));
        if (Length == 0)
        {
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
            events = events.Prepend(Event(output =>
            {
                output.WriteTag(FileVersion, WireFormat.WireType.LengthDelimited);
                output.WriteString("brain.Event:2");
            }));
        }

        Write(events);
    }

    private void Write(IEnumerable<byte[]> events)
    {
        using FileStream stream = File.Open(Path, FileMode.Append, FileAccess.Write, FileShare.Read);
        Span<byte> length = stackalloc byte[sizeof(ulong)];
        Span<byte> checksum = stackalloc byte[sizeof(uint)];
        foreach (byte[] data in events)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)data.Length);
            stream.Write(length);
            BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.MaskedOf(length));
            stream.Write(checksum);
            stream.Write(data);
            BinaryPrimitives.WriteUInt32LittleEndian(checksum, Crc32C.MaskedOf(data));
            stream.Write(checksum);
        }
    }

    private byte[] Event(Action<CodedOutputStream> content)
    {
        using var stream = new MemoryStream();
        using (var output = new CodedOutputStream(stream, leaveOpen: true))
        {
            output.WriteTag(WallTime, WireFormat.WireType.Fixed64);
            output.WriteDouble((_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds);
            content(output);
        }

        return stream.ToArray();
    }
}
