using System.Text;
using VggTransfer.Files;

namespace VggTransfer.Cli;

/// <summary>
/// A report as one HTML file that needs nothing else: styles and pictures are in it, scripts aren't. It follows the reader's light
/// or dark theme, fits a phone, prints, and every picture has words beside it.
/// </summary>
internal sealed class HtmlPage(string title)
{
    private readonly StringBuilder _contents = new();
    private readonly StringBuilder _body = new();
    private int _sections;

    /// <summary>Begins a section, which the list at the page's top links to.</summary>
    public void Section(string heading)
    {
        EndSection();
        _sections++;
        string text = HtmlFragment.Text(heading).Html;
        _contents.Append($"<li><a href=\"#section-{_sections}\">{text}</a></li>\n");
        _body.Append($"<section id=\"section-{_sections}\" aria-labelledby=\"heading-{_sections}\">\n<h2 id=\"heading-{_sections}\">{text}</h2>\n");
    }

    /// <summary>A paragraph of plain text.</summary>
    public void Paragraph(string text) => _body.Append($"<p>{HtmlFragment.Text(text).Html}</p>\n");

    /// <summary>Markup that the caller made, such as an SVG.</summary>
    public void Add(HtmlFragment fragment) => _body.Append(fragment.Html).Append('\n');

    /// <summary>Pictures side by side, as many in a row as there is room for.</summary>
    public void Gallery(IEnumerable<HtmlFragment> figures) => _body.Append($"<div class=\"gallery\">{string.Concat(figures.Select(figure => figure.Html))}</div>\n");

    /// <summary>Pictures that belong together, in a box of their own.</summary>
    public void Group(IEnumerable<HtmlFragment> figures) => _body.Append($"<div class=\"gallery together\">{string.Concat(figures.Select(figure => figure.Html))}</div>\n");

    /// <summary>A table. Where the screen is too narrow it scrolls within itself, or, if it has whole sentences, shows one cell below another.</summary>
    /// <param name="caption">What it shows.</param>
    /// <param name="columns">The headings; one that begins with # is a number's, and its cells stand to the right; with ~ its cells are sentences.</param>
    /// <param name="rows">As many cells in each as there are headings; the first names the row.</param>
    public void Table(string caption, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<HtmlFragment>> rows)
    {
        _body.Append($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{HtmlFragment.Text(caption).Html}\"><table{(columns.Any(HasSentences) ? " class=\"sentences\"" : "")}>\n<caption>{HtmlFragment.Text(caption).Html}</caption>\n<thead><tr>");
        foreach (string column in columns)
        {
            _body.Append($"<th scope=\"col\"{Class(column)}>{HtmlFragment.Text(Heading(column)).Html}</th>");
        }

        _body.Append("</tr></thead>\n<tbody>\n");
        foreach (IReadOnlyList<HtmlFragment> row in rows)
        {
            _body.Append("<tr>");
            for (int i = 0; i < row.Count; i++)
            {
                string tag = i == 0 ? "th scope=\"row\"" : "td";
                _body.Append($"<{tag}{Class(columns[i])}{(i == 0 || HasSentences(columns[i]) ? "" : $" data-heading=\"{HtmlFragment.Text(Heading(columns[i])).Html}\"")}>{row[i].Html}</{(i == 0 ? "th" : "td")}>");
            }

            _body.Append("</tr>\n");
        }

        _body.Append("</tbody></table></div>\n");
    }

    /// <summary>Writes the page; it appears whole or not at all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="summary">What was done, in one paragraph below the title.</param>
    /// <param name="footer">Versions, time, the command: what it takes to do it again.</param>
    public void Write(string path, string summary, string footer)
    {
        EndSection();
        AtomicFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Render(summary, footer))));
    }

    private string Render(string summary, string footer) => $"""
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
        <title>{HtmlFragment.Text(title).Html}</title>
        <style>
        {Style}
        </style>
        </head>
        <body>
        <header>
        <h1>{HtmlFragment.Text(title).Html}</h1>
        <p>{HtmlFragment.Text(summary).Html}</p>
        <nav aria-label="Contents"><ul>
        {_contents}</ul></nav>
        </header>
        <main>
        {_body}</main>
        <footer><p>{HtmlFragment.Text(footer).Html}</p></footer>
        </body>
        </html>

        """;

    private void EndSection()
    {
        if (_sections > 0)
        {
            _body.Append("</section>\n");
        }
    }

    private static string Heading(string column) => column.TrimStart('#', '~');

    private static bool HasSentences(string column) => column.StartsWith('~');

    private static string Class(string column) => column.StartsWith('#') ? " class=\"number\"" : "";

    // Contrast of text on its ground is 7 : 1 or more in both themes (WCAG AAA).
    private const string Style = """
        :root { --ground: #fff; --panel: #f4f5f7; --text: #1c1e21; --dim: #4c525a; --line: #c9cdd3; --accent: #0b4f8a; --good: #12602f; --bad: #8f1d1d; }
        @media (prefers-color-scheme: dark) {
          :root { --ground: #14161a; --panel: #1e2127; --text: #eceef1; --dim: #b4bac3; --line: #3b414b; --accent: #8fc4f5; --good: #7fd69b; --bad: #ff9c94; }
        }
        * { box-sizing: border-box; }
        body { margin: 0 auto; padding: 1rem; max-width: 75rem; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: .5rem 0; }
        h2 { font-size: 1.25rem; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line); }
        a { color: var(--accent); }
        a:focus-visible, .scroll:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
        nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: .5rem 0; padding: 0; list-style: none; }
        footer { margin-top: 2rem; border-top: 1px solid var(--line); color: var(--dim); font-size: .875rem; }
        .scroll { overflow-x: auto; margin: .75rem 0; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
        caption { text-align: left; color: var(--dim); padding-bottom: .25rem; }
        th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: middle; font-weight: normal; }
        thead th { font-weight: 600; border-bottom: 2px solid var(--line); white-space: nowrap; }
        .number { text-align: right; white-space: nowrap; }
        .gallery { display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: .75rem; margin: .75rem 0; }
        .gallery.together { display: flex; flex-wrap: wrap; background: var(--panel); padding: .75rem; }
        .gallery.together figure { width: 8rem; }
        figure { margin: 0; break-inside: avoid; }
        figcaption { font-size: .8rem; line-height: 1.3; color: var(--dim); }
        img { display: block; width: 100%; height: 8rem; object-fit: contain; background: var(--panel); }
        td img { width: 4rem; height: 4rem; }
        .good { color: var(--good); }
        .bad { color: var(--bad); }
        figure.wide { max-width: 46rem; }
        svg.chart { display: block; width: 100%; height: auto; font-family: inherit; font-size: 13px; fill: var(--text); }
        .chart .ground { fill: none; }
        .chart .grid { stroke: var(--line); }
        .chart .axis, .chart .guide { stroke: var(--dim); }
        .chart .bar { fill: var(--accent); opacity: .75; }
        .chart .hollow { fill: var(--ground); stroke-width: 1.6; }
        .legend { display: flex; flex-wrap: wrap; gap: .2rem 1rem; margin: .3rem 0; padding: 0; list-style: none; font-size: .875rem; }
        .legend svg { width: 1.5rem; height: .75rem; vertical-align: middle; margin-right: .35rem; }
        .confusion td { background: color-mix(in srgb, var(--cell) calc(var(--share) * 40%), transparent); }
        .confusion a { color: inherit; }
        .confusion .hit { --cell: var(--good); }
        .confusion .miss { --cell: var(--bad); }
        .cell { display: none; scroll-margin-top: 1rem; padding: .25rem .75rem .75rem; background: var(--panel); }
        .cell:target { display: block; }
        @media (prefers-color-scheme: dark) {
          .s0 { --c: #6cb0ff; } .s1 { --c: #fb923c; } .s2 { --c: #4ade80; } .s3 { --c: #e879f9; } .s4 { --c: #facc15; }
          .s5 { --c: #22d3ee; } .s6 { --c: #fb7185; } .s7 { --c: #a3e635; } .s8 { --c: #a78bfa; } .s9 { --c: #cbd5e1; }
          .s0, .s1, .s2, .s3, .s4, .s5, .s6, .s7, .s8, .s9 { fill: var(--c); }
          .point, .series { stroke: var(--c); }
          .series { fill: none; }
        }
        @media (max-width: 37.5rem) {
          svg.chart { font-size: 17px; }
          .sentences, .sentences caption, .sentences tbody, .sentences tr, .sentences th, .sentences td { display: block; }
          .sentences thead { display: none; }
          .sentences tr { padding: .4rem 0; border-bottom: 1px solid var(--line); }
          .sentences tbody th { font-weight: 600; }
          .sentences tbody th, .sentences td { padding: 0; border: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
          .sentences td[data-heading]::before { content: attr(data-heading) ": "; color: var(--dim); }
        }
        @media print { :root { color-scheme: light; } nav { display: none; } .scroll { overflow: visible; } body { max-width: none; padding: 0; } a { color: inherit; } }
        """;
}
