using VggTransfer.Files;

namespace VggTransfer.Cli;

/// <summary>The folder that a training writes: one training's own.</summary>
internal sealed class TrainingFolder : IDisposable
{
    private readonly FileLock _lock;

    private TrainingFolder(string path, FileLock held)
    {
        Path = path;
        _lock = held;
    }

    public string Path { get; }

    public string History => File("history.csv");

    public string Curves => File("curves.svg");

    public string Model => File("model.zip");

    public string Weights => File("model.safetensors");

    /// <summary>Looks whether a training can have a folder; makes nothing.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="mark">The file in it that says that a training was begun, relative to it.</param>
    /// <param name="resume">Whether a training that was begun in it is to go on.</param>
    /// <exception cref="IOException">There is another training in it, or none where one is to go on.</exception>
    public static void Check(string path, string mark, bool resume)
    {
        if (System.IO.File.Exists(path))
        {
            throw new IOException($"'{path}' is a file; name a folder for --output.");
        }

        bool begun = System.IO.File.Exists(System.IO.Path.Combine(path, mark));
        if (resume && !begun)
        {
            throw new IOException($"There is no training in '{path}' that could go on; leave --resume out to begin one.");
        }

        if (!resume && begun)
        {
            throw new IOException($"There is a training in '{path}' already; add --resume to go on with it, or name another folder.");
        }
    }

    /// <summary>Takes the folder for this process, and makes it if need be.</summary>
    /// <param name="path">The folder.</param>
    /// <exception cref="IOException">Another process has it, or nothing can be written.</exception>
    public static TrainingFolder Open(string path)
    {
        Directory.CreateDirectory(path);
        OutputFile.Check(System.IO.Path.Combine(path, "history.csv"));
        FileLock held = FileLock.TryTake(System.IO.Path.Combine(path, ".lock")) ?? throw new IOException($"Another process is training in '{path}'; wait for its end, or name another folder.");
        return new TrainingFolder(path, held);
    }

    /// <summary>The path of a file in it.</summary>
    /// <param name="name">Relative to the folder.</param>
    public string File(string name) => System.IO.Path.Combine(Path, name);

    public void Dispose() => _lock.Dispose();
}
