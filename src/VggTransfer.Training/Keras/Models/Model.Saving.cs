using VggTransfer.Training;

namespace VggTransfer.Keras.Models;

public abstract partial class Model
{
    /// <summary>
    /// Writes or replaces a file of the whole model, whole or not at all: layers, weights, and where the model is compiled,
    /// optimizer with its state, loss and metrics. The file is safetensors, whatever its name.
    /// </summary>
    /// <param name="path">The file; its folder must exist.</param>
    /// <exception cref="InvalidOperationException">The model's input shape isn't known.</exception>
    /// <exception cref="NotSupportedException">A layer or one of its settings is of a class that isn't this library's.</exception>
    /// <exception cref="IOException">The folder doesn't exist, the disk is full, and the like.</exception>
    /// <exception cref="UnauthorizedAccessException">No permission to write there.</exception>
    public void Save(string path)
    {
        RequireBuilt();
        ModelFile.Save(this, path, _training);
    }

    /// <summary>Makes the model of a file that <see cref="Save"/> wrote; dispose it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="compile">Whether to compile it as it was, so that training goes on as if it hadn't been interrupted.</param>
    /// <param name="execution">Where and how it computes; null for the defaults, with the seed of the model that was saved.</param>
    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    /// <exception cref="InvalidModelFileException">It is damaged, or holds no whole model.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static Model Load(string path, bool compile = true, ExecutionOptions? execution = null) =>
        ModelFile.Load(path, compile, execution);
}
