using VggTransfer.Training;

namespace VggTransfer.Keras.Models;

/// <content>Where a model's runs print, and where they warn.</content>
public abstract partial class Model
{
    private TextWriter? _output;
    private Action<string>? _warning;

    /// <summary>Where progress and the messages of callbacks go: the console, if nothing else is set.</summary>
    public TextWriter Output
    {
        get => _output ?? Console.Out;
        set => _output = value;
    }

    /// <summary>What is done with warnings: they go to the console's error stream, if nothing else is set.</summary>
    public Action<string> Warning
    {
        get => _warning ?? WriteToErrorStream;
        set => _warning = value;
    }

    /// <summary>The time that progress texts go by.</summary>
    internal TimeProvider Clock { get; set; } = TimeProvider.System;

    /// <summary>Prints a line; the line break is the same on every system, as Keras's is.</summary>
    internal void Print(string line)
    {
        Output.Write(line + "\n");
        Output.Flush();
    }

    internal void Warn(string message) => Warning(message);

    /// <summary>Has another engine compute the model.</summary>
    /// <exception cref="InvalidOperationException">The model has computed already.</exception>
    internal void UseNetwork(INetwork network)
    {
        RequireBuilt();
        _network = _network is null ? network : throw new InvalidOperationException("A model's engine can't be replaced after its first computation.");
    }

    private static void WriteToErrorStream(string message) => Console.Error.WriteLine($"Warning: {message}");
}
