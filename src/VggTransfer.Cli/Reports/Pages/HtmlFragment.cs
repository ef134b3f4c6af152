using System.Net;

namespace VggTransfer.Cli;

/// <summary>A piece of HTML that is safe to put into a page: text is escaped on its way in.</summary>
/// <param name="Html">The markup.</param>
internal readonly record struct HtmlFragment(string Html)
{
    /// <summary>Text as it is, whatever characters it has.</summary>
    public static HtmlFragment Text(string text) => new(WebUtility.HtmlEncode(text));

    /// <summary>A picture whose bytes are in the page.</summary>
    /// <param name="dataUri">What <see cref="ThumbnailImage"/> made.</param>
    /// <param name="description">What it shows, for those who can't see it.</param>
    public static HtmlFragment Image(string dataUri, string description) => new($"<img src=\"{dataUri}\" alt=\"{WebUtility.HtmlEncode(description)}\">");

    /// <summary>Pieces one after another.</summary>
    public static HtmlFragment Join(params IEnumerable<HtmlFragment> parts) => new(string.Concat(parts.Select(part => part.Html)));

    /// <summary>A picture with a line below it.</summary>
    public static HtmlFragment Figure(HtmlFragment picture, string caption) => new($"<figure>{picture.Html}<figcaption>{WebUtility.HtmlEncode(caption)}</figcaption></figure>");

    public override string ToString() => Html;

    public static implicit operator HtmlFragment(string text) => Text(text);
}
