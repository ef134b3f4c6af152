using Spectre.Console;
using Spectre.Console.Rendering;

namespace VggTransfer.Cli;

/// <summary>Count, speed and remaining time beside a bar.</summary>
internal sealed class PaceColumn : ProgressColumn
{
    protected override bool NoWrap => true;

    public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) => new Text(task.Tag?.ToString() ?? "", new Style(decoration: Decoration.Dim));
}
