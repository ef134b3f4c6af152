using System.Xml.Linq;
using VggTransfer.Keras.Plots;

namespace VggTransfer.Tests.Keras.Plots;

public sealed class ChartTests
{
    [Fact]
    public void Every_mark_has_a_colour_of_its_own_and_a_class_for_a_pages_style_sheet()
    {
        var chart = new Chart("odd <&>", Axis.Linear([0, 1], "share"), Axis.Linear([0, 1], "height", value => $"{100 * value:0} %"));
        chart.Line([(0, 0), (1, 1)], 1);
        chart.Bar(0, 0.5, 0.5, "half");
        chart.Point(0.5, 0.5, 2, isHollow: true, "a mistake");
        chart.Guide((0, 0), (1, 1));
        chart.Name("one", 1);
        var svg = XElement.Parse(chart.ToSvg());
        Assert.Equal("odd <&>", (string?)svg.Attribute("aria-label"));
        Assert.Equal("series s1", ClassOfFirst("polyline"));
        Assert.Equal("point s2 hollow", svg.Descendants().Where(element => element.Name.LocalName == "g").Select(element => (string?)element.Attribute("class")).OfType<string>().First());
        Assert.Equal("bar", svg.Descendants().Where(element => element.Name.LocalName == "rect").Select(element => (string?)element.Attribute("class")).First(name => name is not (null or "ground")));
        Assert.Equal("guide", svg.Descendants().Where(element => element.Name.LocalName == "line").Select(element => (string?)element.Attribute("class")).First(name => name is not ("grid" or "axis")));
        Assert.All(svg.Descendants().Where(element => element.Name.LocalName is "polyline" or "circle" or "line"), element => Assert.True(HasColour(element) || HasColour(element.Parent!)));
        Assert.Contains("100 %", svg.Value, StringComparison.Ordinal);
        Assert.Contains("a mistake", svg.Value, StringComparison.Ordinal);

        string? ClassOfFirst(string name) => (string?)svg.Descendants().First(element => element.Name.LocalName == name).Attribute("class");

        static bool HasColour(XElement element) => element.Attribute("stroke") is not null || element.Attribute("fill") is not null;
    }

    [Fact]
    public void Charts_stand_below_each_other()
    {
        var low = new Chart("low", Axis.Bare([0, 1]), Axis.Bare([0, 1])) { Height = 100 };
        var high = new Chart("high", Axis.Bare([0, 1]), Axis.Bare([0, 1])) { Height = 300 };
        var svg = XElement.Parse(Chart.ToSvg([low, high]));
        Assert.Equal("400", (string?)svg.Attribute("height"));
        Assert.Equal(["translate(0 0)", "translate(0 100)"], svg.Elements().Where(element => element.Name.LocalName == "g").Select(element => (string?)element.Attribute("transform")));
    }
}
