using System.CommandLine;

namespace VggTransfer.Cli;

/// <summary>What a fine-tuning begins with: a backbone, or a classifier that was saved before.</summary>
internal sealed class SourceOptions
{
    private readonly BackboneOptions _backbone = new();
    private readonly Option<string?> _continueFrom = new("--continue-from")
    {
        Description = "A model file that 'train' or 'finetune' made, to go on from instead of a backbone; its head is kept where its classes are those of FOLDER",
        HelpName = "MODEL",
    };

    public void AddTo(Command command)
    {
        _backbone.AddTo(command);
        command.Add(_continueFrom);
        command.Validators.Add(result =>
        {
            if (result.GetResult(_continueFrom) is not null && (result.GetResult(_backbone.Backbone) ?? result.GetResult(_backbone.Preprocessing)) is { } other)
            {
                result.AddError($"--continue-from and {other.Option.Name} exclude each other: the model file has its own network.");
            }
        });
    }

    /// <summary>The classifier to go on from; null for a backbone.</summary>
    public string? ContinueFrom(ParseResult parsed) => parsed.GetValue(_continueFrom);

    /// <summary>The backbone; null where a classifier is continued.</summary>
    public BackboneChoice? OpenBackbone(ParseResult parsed) => ContinueFrom(parsed) is null ? _backbone.Open(parsed) : null;
}
