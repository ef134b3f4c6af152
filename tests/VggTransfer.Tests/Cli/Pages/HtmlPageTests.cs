using System.Xml.Linq;
using VggTransfer.Cli;
using VggTransfer.Images;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Tests.Images;

namespace VggTransfer.Tests.Cli.Pages;

public sealed class HtmlPageTests : IDisposable
{
    private const string Hostile = "<img src=x onerror=\"alert('1')\">&amp;";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Whatever_a_text_has_it_stays_text()
    {
        XDocument page = Page(page =>
        {
            page.Section(Hostile);
            page.Paragraph(Hostile);
            page.Table(Hostile, [Hostile, "#" + Hostile], [[Hostile, Hostile]]);
            page.Gallery([HtmlFragment.Figure(HtmlFragment.Image("data:,", Hostile), Hostile)]);
        });
        Assert.Equal(["alt", "src"], page.Descendants("img").SelectMany(image => image.Attributes()).Select(attribute => attribute.Name.LocalName).Order());
        Assert.Equal(Hostile, page.Descendants("h1").Single().Value);
        Assert.Equal(Hostile, page.Descendants("h2").Single().Value);
        Assert.Equal(Hostile, page.Descendants("img").Single().Attribute("alt")!.Value);
        Assert.All(page.Descendants("td").Concat(page.Descendants("caption")).Concat(page.Descendants("figcaption")), cell => Assert.Equal(Hostile, cell.Value));
    }

    [Fact]
    public void It_needs_nothing_else_and_no_script()
    {
        XDocument page = Page(page => page.Section("One"));
        Assert.Empty(page.Descendants("script"));
        Assert.Empty(page.Descendants("link"));
        Assert.Contains("default-src 'none'", page.Descendants("meta").Select(meta => (string?)meta.Attribute("content")).Single(content => content?.StartsWith("default-src", StringComparison.Ordinal) == true)!, StringComparison.Ordinal);
        Assert.DoesNotContain("url(", page.Descendants("style").Single().Value, StringComparison.Ordinal);
        Assert.DoesNotContain("@import", page.Descendants("style").Single().Value, StringComparison.Ordinal);
    }

    [Fact]
    public void The_contents_link_to_the_sections()
    {
        XDocument page = Page(page =>
        {
            page.Section("One");
            page.Section("Two");
        });
        string[] ids = [.. page.Descendants("section").Select(section => "#" + section.Attribute("id")!.Value)];
        Assert.Equal(ids, page.Descendants("nav").Descendants("a").Select(link => link.Attribute("href")!.Value));
        Assert.Equal(["One", "Two"], page.Descendants("nav").Descendants("a").Select(link => link.Value));
        Assert.All(page.Descendants("section"), section => Assert.Equal(section.Attribute("aria-labelledby")!.Value, section.Element("h2")!.Attribute("id")!.Value));
    }

    [Fact]
    public void A_thumbnail_keeps_the_proportions_and_is_small()
    {
        string path = _folder.File("wide.png");
        File.WriteAllBytes(path, SampleImages.Png(400, 100));
        string uri = ThumbnailImage.TryCreate(path, side: 64)!;
        Assert.StartsWith("data:image/jpeg;base64,", uri, StringComparison.Ordinal);
        RgbImage image = ImageDecoder.Decode(Convert.FromBase64String(uri["data:image/jpeg;base64,".Length..]), "thumbnail");
        Assert.Equal((64, 16), (image.Width, image.Height));
        File.WriteAllText(path, "no picture");
        Assert.Null(ThumbnailImage.TryCreate(path));
    }

    // The page is well-formed XML but for the doctype, void elements and entities of its head.
    private XDocument Page(Action<HtmlPage> fill)
    {
        var page = new HtmlPage(Hostile);
        fill(page);
        string path = _folder.File("page.html");
        page.Write(path, "Summary.", "Footer.");
        string html = File.ReadAllText(path);
        Assert.StartsWith("<!DOCTYPE html>", html, StringComparison.Ordinal);
        html = System.Text.RegularExpressions.Regex.Replace(html["<!DOCTYPE html>".Length..], "<(meta|img)([^>]*)>", "<$1$2/>");
        return XDocument.Parse(html);
    }
}
