using System.CommandLine;
using VggTransfer.Architectures;
using VggTransfer.Models;
using VggTransfer.Weights;

namespace VggTransfer.Cli;

/// <summary>What a user knows of a weights file that the file may not say itself.</summary>
internal sealed class WeightsReadingOptions
{
    private readonly Option<PreprocessingFamily?> _preprocessing = PreprocessingOption.Create();
    private readonly Option<int?> _inputSize = ValueOption.OptionalInteger("--input-size", "Side of the network's input in pixels, for a file that doesn't say it", OptionRange.Of<VggArchitecture>(nameof(VggArchitecture.InputSize)));
    private readonly Option<bool> _noFifthPool = new("--no-fifth-pool") { Description = "No pool follows the last convolution, for a file that doesn't say it" };

    public void AddTo(Command command)
    {
        command.Add(_preprocessing);
        command.Add(_inputSize);
        command.Add(_noFifthPool);
    }

    public WeightsContent Read(ParseResult parsed, string path)
    {
        WeightsContent content = WeightsFile.Read(path, new WeightsReadOptions
        {
            InputSize = parsed.GetValue(_inputSize),
            FifthPool = parsed.GetValue(_noFifthPool) ? false : null,
        });
        try
        {
            return content with { Model = PreprocessingOption.Apply(content.Model, Path.GetFileName(path), parsed.GetValue(_preprocessing)) };
        }
        catch
        {
            content.Dispose();
            throw;
        }
    }
}
