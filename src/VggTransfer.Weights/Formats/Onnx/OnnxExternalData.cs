using System.Globalization;
using VggTransfer.Files;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>
/// The files beside a model that hold the weights which it doesn't hold itself. Nothing outside the model's own folder is
/// ever opened. Disposing it unmaps them.
/// </summary>
internal sealed class OnnxExternalData(ProtobufSource source) : IDisposable
{
    private readonly Dictionary<string, MappedFile> _files = new(StringComparer.Ordinal);

    /// <summary>The data of a tensor.</summary>
    /// <param name="tensor">A tensor with <see cref="OnnxTensor.External"/>.</param>
    /// <param name="name">The tensor's name, for messages.</param>
    /// <param name="expected">How many bytes its shape takes.</param>
    /// <exception cref="InvalidModelFileException">The location is no file in the model's folder, or too short.</exception>
    public ReadOnlyMemory<byte> Read(OnnxTensor tensor, string name, int expected)
    {
        IReadOnlyDictionary<string, string> entries = tensor.External!;
        string shown = $"tensor '{MessageText.Shorten(name)}'";
        if (!entries.TryGetValue("location", out string? location) || location.Length == 0)
        {
            throw source.Fault($"{shown} lies in another file, and it doesn't say in which", tensor.Position);
        }

        long offset = Number(entries, "offset", shown, tensor.Position) ?? 0;
        if (Number(entries, "length", shown, tensor.Position) is { } length && length != expected)
        {
            throw source.Fault($"{shown} claims {length:N0} bytes in '{MessageText.Shorten(location)}', and its shape ({string.Join(", ", tensor.Shape)}) of {tensor.Type} takes {expected:N0}", tensor.Position);
        }

        if (!_files.TryGetValue(location, out MappedFile? file))
        {
            file = _files[location] = Open(location, shown, tensor.Position);
        }

        return offset <= file.Length - expected
            ? file.Slice(offset, expected)
            : throw source.Fault($"{shown} takes {expected:N0} bytes from byte {offset:N0} on of '{MessageText.Shorten(location)}', which has {file.Length:N0}; that file is cut off or another model's", tensor.Position);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (MappedFile file in _files.Values)
        {
            file.Dispose();
        }
    }

    private long? Number(IReadOnlyDictionary<string, string> entries, string key, string shown, long position) =>
        !entries.TryGetValue(key, out string? text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) ? value
        : throw source.Fault($"{shown} has '{MessageText.Shorten(text)}' as the {key} of its external data, which isn't a whole number from 0 on", position);

    private MappedFile Open(string location, string shown, long position)
    {
        string folder = Path.GetDirectoryName(Path.GetFullPath(source.Path))!;
        string path = CheckedPath(folder, location)
            ?? throw source.Fault($"{shown} lies in '{MessageText.Shorten(location)}', which leaves the model's folder; files elsewhere are never read, so put it beside the model under a plain name", position);
        if (!File.Exists(path))
        {
            throw source.Fault($"{shown} lies in '{MessageText.Shorten(location)}', which isn't there; put that file beside the model", position);
        }

        try
        {
            return MappedFile.Open(path, source.Format);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new InvalidModelFileException(source.Path, source.Format, $"{shown} lies in '{MessageText.Shorten(location)}', which can't be read", position, exception);
        }
    }

    /// <summary>The full path of a location, or null if it leaves the folder by its spelling or through a link.</summary>
    private static string? CheckedPath(string folder, string location)
    {
        // The format's paths are relative and have slashes; backslashes and colons mean something to Windows only.
        if (location.IndexOfAny(['\\', ':', '\0']) >= 0 || Path.IsPathRooted(location))
        {
            return null;
        }

        string root = folder.EndsWith(Path.DirectorySeparatorChar) ? folder : folder + Path.DirectorySeparatorChar;
        string path = folder;
        foreach (string part in location.Split('/'))
        {
            if (part is "" or "..")
            {
                return null;
            }

            if (part == ".")
            {
                continue;
            }

            path = Path.Combine(path, part);
            if (LinkAt(path) is not { } link)
            {
                continue;
            }

            // What is opened is the target itself, on a way without any further links.
            path = FinalTarget(link) ?? "";
            if (!path.StartsWith(root, StringComparison.Ordinal) || HasLinks(root, path))
            {
                return null;
            }
        }

        return path == folder ? null : path;
    }

    private static FileSystemInfo? LinkAt(string path)
    {
        FileSystemInfo entry = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
        return entry.LinkTarget is null ? null : entry;
    }

    private static bool HasLinks(string root, string path)
    {
        string place = root;
        foreach (string part in path[root.Length..].Split(Path.DirectorySeparatorChar))
        {
            place = Path.Combine(place, part);
            if (LinkAt(place) is not null)
            {
                return true;
            }
        }

        return false;
    }

    private static string? FinalTarget(FileSystemInfo link)
    {
        try
        {
            return link.ResolveLinkTarget(returnFinalTarget: true)?.FullName;
        }
        catch (IOException)
        {
            // A link in a circle leads nowhere.
            return null;
        }
    }
}
