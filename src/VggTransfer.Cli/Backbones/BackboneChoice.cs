using VggTransfer.Models;
using VggTransfer.PretrainedModels;
using VggTransfer.Weights;

namespace VggTransfer.Cli;

/// <summary>A backbone that was named on the command line.</summary>
/// <param name="Model">The network; whoever opened it disposes it.</param>
/// <param name="Name">What to call it: a pretrained one's name, or a file's.</param>
/// <param name="File">The file that it was read from.</param>
/// <param name="Notes">What of a file was left out or assumed, as whole sentences.</param>
internal sealed record BackboneChoice(VggModel Model, string Name, string File, IReadOnlyList<string> Notes) : IDisposable
{
    /// <summary>What the catalog has for those who miss fc7.</summary>
    private const string FullWeights = "vgg16-imagenet-keras";

    /// <summary>Opens a backbone that is to run, so its preprocessing must be known.</summary>
    /// <param name="backbone">A pretrained one's name, or a path; null for full weights from the cache, or else the embedded convolutions.</param>
    /// <param name="preprocessing">What the user says of a file that doesn't say it itself.</param>
    public static BackboneChoice OpenToRun(string? backbone, PreprocessingFamily? preprocessing)
    {
        BackboneChoice choice = Open(backbone ?? CachedWeights.FindFull()?.Name);
        try
        {
            return choice with { Model = PreprocessingOption.Require(choice.Model, choice.Name, preprocessing) };
        }
        catch
        {
            choice.Dispose();
            throw;
        }
    }

    /// <summary>Opens a backbone to look at. A name goes before a file of that name; <c>./name</c> is the file.</summary>
    public static BackboneChoice Open(string? backbone)
    {
        backbone ??= PretrainedBackbones.DefaultName;
        string path = Locate(backbone);
        return Read(path, path == backbone ? Path.GetFileName(Path.TrimEndingDirectorySeparator(backbone)) : backbone);
    }

    /// <summary>The file of a pretrained network's name, or the path itself.</summary>
    /// <exception cref="FileNotFoundException">It is neither; or it is a name whose weights aren't here, and the message says how to get them.</exception>
    public static string Locate(string backbone)
    {
        if (CachedWeights.Knows(backbone))
        {
            return CachedWeights.Locate(backbone, new PretrainedOptions());
        }

        // A TensorFlow checkpoint is named by what its files' names have in common.
        if (backbone.AsSpan().IndexOfAny('/', '\\', ':') >= 0 || Path.HasExtension(backbone) || Path.Exists(backbone) || System.IO.File.Exists(backbone + ".index"))
        {
            return backbone;
        }

        return PretrainedBackbones.Names.Contains(backbone, StringComparer.Ordinal) || backbone == PretrainedBackbones.DefaultName
            ? PretrainedBackbones.Path(backbone)
            : throw new FileNotFoundException(
                $"There are no weights '{backbone}': neither a file nor one of {string.Join(", ", PretrainedBackbones.Names.Concat(PretrainedCatalog.Default.Entries.Select(entry => entry.Name)))}.");
    }

    /// <summary>The line that says what runs.</summary>
    public string Describe(int threads) => $"Backbone {Name} ({Model.Architecture.DisplayName}), CPU, {Threads(threads)}.";

    /// <summary>The line that says which features a training will take, and what other weights would add.</summary>
    public string DescribeFeatures() =>
        Model.Architecture is { IncludeTop: true, HiddenDenseLayers: > 0 } ? $"Features come from fc7, the last hidden dense layer, unless --layer says otherwise (--backbone {PretrainedBackbones.DefaultName} takes the embedded convolutions)."
        : Model.Architecture.IncludeTop ? "This network has no hidden dense layer, so features come from its convolutions."
        : CachedWeights.FindFull() is { } full ? $"This backbone has its convolutions only. Full weights are in the cache: leave --backbone out, or name {full.Name}, for fc7, the features of the original paper."
        : $"This backbone has its convolutions only. Full weights ('{Tool.Name} weights pull {FullWeights}', about 550 MB, then --backbone {FullWeights}) add fc7, the features of the original paper.";

    /// <summary>Such as <c>2 threads</c>.</summary>
    public static string Threads(int threads) => threads == 1 ? "1 thread" : $"{threads} threads";

    public void Dispose() => Model.Dispose();

    private static BackboneChoice Read(string path, string name)
    {
        WeightsContent content = WeightsFile.Read(path);
        return new BackboneChoice(content.Model, name, path, content.Notes);
    }
}
