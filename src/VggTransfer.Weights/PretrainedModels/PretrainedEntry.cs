using VggTransfer.Architectures;
using VggTransfer.Models;

namespace VggTransfer.PretrainedModels;

/// <summary>A published file of weights: where it is, how to know that it is the right one, and what is in it. What nobody published is null.</summary>
public sealed record PretrainedEntry
{
    /// <summary>What to call it, such as <c>vgg16-imagenet-torchvision</c>: lower case letters, digits, dots and hyphens.</summary>
    public required string Name { get; init; }

    /// <summary>The file's name in the cache and on a mirror; no other entry has it.</summary>
    public required string File { get; init; }

    /// <summary>Where it is published: https, or http on this machine.</summary>
    public required Uri Address { get; init; }

    /// <summary>What the published file is.</summary>
    public required WeightsFormat Format { get; init; }

    /// <summary>The published file's length.</summary>
    public long? Bytes { get; init; }

    /// <summary>The published file's sha256, 64 hexadecimal digits in lower case.</summary>
    public string? Sha256 { get; init; }

    /// <summary>The first 8 or more hexadecimal digits of its sha256, which is what torchvision publishes (in the file's name).</summary>
    public string? Sha256Prefix { get; init; }

    /// <summary>The published file's md5, 32 hexadecimal digits in lower case, which is what Keras publishes.</summary>
    public string? Md5 { get; init; }

    /// <summary>Whether anything was published that tells the right file from a wrong one.</summary>
    public bool HasChecksum => (Sha256 ?? Sha256Prefix ?? Md5) is not null;

    /// <summary>The licence of the weights, as an SPDX identifier.</summary>
    public string? Licence { get; init; }

    /// <summary>How pixels must be normalised for these weights.</summary>
    public required PreprocessingFamily Preprocessing { get; init; }

    /// <summary>What the network looks like.</summary>
    public required VggArchitecture Architecture { get; init; }

    /// <summary>The names of the classes in the order of the logits; null where only their numbers are known.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Top-1 accuracy on ImageNet's validation set as published, in percent.</summary>
    public double? Top1Accuracy { get; init; }

    /// <summary>Top-5 accuracy on ImageNet's validation set as published, in percent.</summary>
    public double? Top5Accuracy { get; init; }

    /// <summary>The page that publishes it.</summary>
    public Uri? Source { get; init; }

    /// <summary>Anything else worth knowing, as a sentence.</summary>
    public string? Note { get; init; }
}
