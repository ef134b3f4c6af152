using System.Globalization;
using System.Xml.Linq;
using VggTransfer.Keras.Plots;
using VggTransfer.Tests.Fixtures;

namespace VggTransfer.Tests.Keras.Plots;

public sealed class TrainingCurvesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_figure_has_a_curve_with_a_point_for_each_epoch_that_has_it()
    {
        XElement svg = Draw("epoch,accuracy,loss,lr,val_accuracy,val_loss", "0,0.3,4.2,0.01,NA,NA", "1,0.5,3.1,0.01,0.4,3.3", "2,0.6,2.5,0.0001,NA,NA", "3,0.7,2.2,0.0001,0.5,2.9");
        Assert.Equal(["loss", "accuracy", "learning rate"], Elements(svg, "text").Where(text => text.Attribute("font-weight") is not null).Select(text => text.Value));
        Assert.Equal([2, 4, 2, 4, 4], Elements(svg, "polyline").Select(line => Points(line).Length));

        // A falling loss falls: places count from above.
        double[] heights = [.. Points(Elements(svg, "polyline").ElementAt(1)).Select(point => point.Y)];
        Assert.Equal(heights.Order(), heights);
    }

    [Fact]
    public void A_point_lies_where_the_labels_say()
    {
        XElement svg = Draw("epoch,loss", "0,4", "1,1", "2,2");
        (double X, double Y)[] points = Points(Elements(svg, "polyline").Single());
        Assert.Equal(Label("4").Y, points[0].Y, tolerance: 0.1);
        Assert.Equal(Label("2").Y, points[2].Y, tolerance: 0.1);
        Assert.True(points[0].X < points[1].X && points[1].X < points[2].X);

        // The label stands 4 pixels below its line.
        (double X, double Y) Label(string text)
        {
            XElement label = Elements(svg, "text").First(element => element.Value == text && (string?)element.Attribute("text-anchor") == "end");
            return (Number(label, "x"), Number(label, "y") - 4);
        }
    }

    [Theory]
    [InlineData("epoch,loss", "0,1.5")]
    [InlineData("epoch,loss", "0,0")]
    [InlineData("epoch,loss", "0,nan", "1,2")]
    [InlineData("epoch,loss,lr", "0,inf,0", "1,-3,0.1")]
    [InlineData("epoch,loss", "7,1e-12", "8,1e-12")]
    [InlineData("epoch,a<b&c", "0,1e30", "1,-1e30")]
    [InlineData("epoch,loss")]
    public void Odd_figures_still_give_a_picture_with_everything_in_it(params string[] lines)
    {
        XElement svg = Draw(lines);
        double width = Number(svg, "width"), height = Number(svg, "height");
        Assert.All(Elements(svg, "polyline").SelectMany(Points), point =>
        {
            Assert.InRange(point.X, 0, width);
            Assert.InRange(point.Y, 0, height);
        });
    }

    [Fact]
    public void What_is_no_log_is_refused_with_its_name()
    {
        string path = _folder.File("log.csv");
        File.WriteAllText(path, "time,loss\r\n0,1\r\n");
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => TrainingCurves.ReadCsv(path)).Message, StringComparison.Ordinal);
        File.WriteAllText(path, "epoch,loss\r\n0,1,2\r\n");
        Assert.StartsWith("Line 2 of", Assert.Throws<InvalidDataException>(() => TrainingCurves.ReadCsv(path)).Message, StringComparison.Ordinal);
    }

    private XElement Draw(params string[] lines)
    {
        string log = _folder.File("history.csv");
        File.WriteAllText(log, string.Join("\r\n", lines) + "\r\n");
        string path = _folder.File("curves.svg");
        TrainingCurves.ReadCsv(log).Save(path);
        return XElement.Load(path);
    }

    private static IEnumerable<XElement> Elements(XElement svg, string name) => svg.Descendants().Where(element => element.Name.LocalName == name);

    private static (double X, double Y)[] Points(XElement line) =>
        [.. ((string)line.Attribute("points")!).Split(' ').Select(point => point.Split(',')).Select(point => (Parse(point[0]), Parse(point[1])))];

    private static double Number(XElement element, string attribute) => Parse((string)element.Attribute(attribute)!);

    private static double Parse(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
