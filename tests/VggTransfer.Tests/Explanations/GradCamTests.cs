using System.Numerics.Tensors;
using SkiaSharp;
using VggTransfer.Architectures;
using VggTransfer.Classification;
using VggTransfer.Datasets;
using VggTransfer.Explanations;
using VggTransfer.Images;
using VggTransfer.Models;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Onnx;
using VggTransfer.Weights.Formats.Protobuf;

namespace VggTransfer.Tests.Explanations;

/// <summary>
/// Oracles: the logit itself, which the shares of all places add up to (B. Zhou et al., 2016), and of a network without
/// biases, which is homogeneous, gradient times input; and pictures whose object's place is known.
/// </summary>
public sealed class GradCamTests
{
    private const int Size = 32;

    [Theory]
    [InlineData("block5_pool:avg", OnnxPrecision.Float32)]
    [InlineData("block4_pool:avg+block5_pool:avg", OnnxPrecision.Float32)]
    [InlineData("block4_pool:avg+block5_pool:avg", OnnxPrecision.Int8)]
    [InlineData("block3_pool", OnnxPrecision.Float32)]
    public void Shares_of_all_places_add_up_to_the_logit(string layer, OnnxPrecision precision)
    {
        VggArchitecture architecture = RandomModels.Tiny with { WidthMultiplier = 1.0 / 16, IncludeTop = false };
        using VggModel random = RandomModels.CreateTrainable(architecture);
        var ranges = architecture.Layers.Where(l => l.Kind == VggLayerKind.Convolution).ToDictionary(l => l.Name, _ => new ActivationRange(0, 40), StringComparer.Ordinal);
        (float[] gradient, float[] features, IReadOnlyDictionary<string, ActivationMap> maps, HeadGradient head) = Inspect(random.WithActivationRanges(ranges), FeatureLayer.Parse(layer), precision);

        double shares = head.ChannelsOf(gradient, maps).Sum(part => Share(maps[part.Map], part.Channels));

        if (layer.Contains(':', StringComparison.Ordinal))
        {
            Assert.Equal(TensorPrimitives.Dot<float>(gradient, features), shares, 1e-3);
        }
        else
        {
            // A map taken as it is has a gradient for each place; Grad-CAM takes the mean of each channel's.
            ActivationMap map = maps[layer];
            int places = map.Height * map.Width;
            double expected = Enumerable.Range(0, map.Channels).Sum(channel =>
                (double)gradient.Skip(channel * places).Take(places).Sum() * map.Values.Skip(channel * places).Take(places).Sum() / places);
            Assert.Equal(expected, shares, 1e-3);
        }
    }

    [Fact]
    public void Gradients_pass_hidden_dense_layers()
    {
        VggArchitecture architecture = RandomModels.Tiny with { WidthMultiplier = 1.0 / 16, DenseUnits = 24, Classes = 3 };
        using VggModel random = RandomModels.CreateTrainable(architecture);
        var model = new VggModel(architecture, random.Tensors.Values.Select(tensor =>
            tensor.Name.StartsWith("classifier", StringComparison.Ordinal) && tensor.Shape.Count == 1 ? ModelTensor.FromFloat32(tensor.Name, [.. tensor.Shape], new float[tensor.ElementCount]) : tensor))
        { Preprocessing = random.Preprocessing };
        (float[] gradient, float[] features, IReadOnlyDictionary<string, ActivationMap> maps, HeadGradient head) = Inspect(model, FeatureLayer.Fc7, OnnxPrecision.Float32);

        // At an input of 32 pixels the last map has one place, and the mean over places loses nothing.
        (string map, float[] channels) = Assert.Single(head.ChannelsOf(gradient, maps));

        Assert.Equal(1, maps[map].Height);
        double expected = TensorPrimitives.Dot<float>(gradient, features);
        Assert.NotEqual(0, expected);
        Assert.Equal(expected, TensorPrimitives.Dot<float>(channels, maps[map].Values), Math.Abs(expected) * 1e-4);
    }

    [Theory]
    [InlineData("block5_pool:avg")]
    [InlineData("block4_pool:avg:hellinger+block5_pool:avg:hellinger+block5_pool:max:hellinger")]
    public void The_map_is_warm_where_the_object_is(string layer)
    {
        using var folder = new TemporaryFolder();
        Draw(folder.File("photos/disc"), isDisc: true);
        Draw(folder.File("photos/bars"), isDisc: false);
        using (TrainedImageClassifier trained = ImageClassifierTrainer.Train(ImageFolder.Open(folder.File("photos"), TestContext.Current.CancellationToken), new ImageClassifierTrainerOptions { Layer = FeatureLayer.Parse(layer), InputSize = 128, L2Regularization = 100 }, cancellationToken: TestContext.Current.CancellationToken))
        {
            trained.Save(folder.File("model.zip"));
        }

        using GradCam gradCam = GradCam.Load(folder.File("model.zip"));
        using ImageClassifier classifier = ImageClassifier.Load(folder.File("model.zip"));
        int right = 0;
        for (int quadrant = 0; quadrant < 4; quadrant++)
        {
            string path = folder.File($"{quadrant}.png");
            File.WriteAllBytes(path, Picture(isDisc: true, quadrant, seed: 100 + quadrant));
            HeatMap heat = gradCam.Explain(path, "disc");

            Assert.Equal(classifier.Classify(path).Classes.Single(c => c.Label == "disc").Probability, heat.Probability, 1e-5);
            Assert.Equal(1, TensorPrimitives.Max(heat.Values));
            Assert.True(TensorPrimitives.Min(heat.Values) >= 0);
            float[] warmth = new float[4];
            for (int i = 0; i < heat.Values.Length; i++)
            {
                warmth[(i / 128 / 64 * 2) + (i % 128 / 64)] += heat.Values[i];
            }

            right += warmth[quadrant] == warmth.Max() ? 1 : 0;
        }

        Assert.True(right >= 3, $"{right} of 4 objects were found.");
        gradCam.Explain(folder.File("0.png")).SaveOverlay(folder.File("overlay.jpg"));
        Assert.Equal(128, ImageDecoder.Decode(folder.File("overlay.jpg")).Width);
        Assert.Throws<ArgumentException>(() => gradCam.Explain(folder.File("0.png"), "cube"));
    }

    /// <summary>Oracle: differences of the features, computed in double precision from the maps.</summary>
    [Theory]
    [InlineData("block5_pool:avg:l2")]
    [InlineData("block4_pool:avg:hellinger")]
    public void Gradients_pass_normalisations(string layer)
    {
        using VggModel model = RandomModels.CreateTrainable(RandomModels.Tiny with { WidthMultiplier = 1.0 / 16, IncludeTop = false });
        var read = FeatureLayer.Parse(layer);
        (float[] gradient, float[] features, IReadOnlyDictionary<string, ActivationMap> maps, HeadGradient head) = Inspect(model, read, OnnxPrecision.Float32);
        (string name, float[] channels) = Assert.Single(head.ChannelsOf(gradient, maps));
        ActivationMap map = maps[name];
        double[] average = [.. map.Values.Chunk(map.Height * map.Width).Select(plane => plane.Average(value => (double)value))];
        double plain = Logit(average);
        Assert.Equal(TensorPrimitives.Dot<float>(gradient, features), plain, 1e-4);
        Assert.Contains(average, value => value > 0);
        for (int channel = 0; channel < average.Length; channel++)
        {
            const double step = 1e-6;
            double[] more = [.. average.Select((value, i) => i == channel ? value + (step * value) : value)];
            double expected = average[channel] == 0 ? channels[channel] : (Logit(more) - plain) / (step * average[channel]);
            Assert.Equal(expected, channels[channel], 1e-3 * Math.Max(1, Math.Abs(expected)));
        }

        double Logit(double[] values)
        {
            double[] vector = [.. values.Select(value => read.Sources[0].Normalization == FeatureNormalization.Hellinger ? Math.Sqrt(value) : value)];
            double length = Math.Sqrt(vector.Sum(value => value * value));
            return vector.Select((value, i) => gradient[i] * value / length).Sum();
        }
    }

    private static double Share(ActivationMap map, float[] channels)
    {
        int places = map.Height * map.Width;
        double sum = 0;
        for (int channel = 0; channel < map.Channels; channel++)
        {
            sum += (double)channels[channel] * TensorPrimitives.Sum<float>(map.Values.AsSpan(channel * places, places)) / places;
        }

        return sum;
    }

    private static (float[] Gradient, float[] Features, IReadOnlyDictionary<string, ActivationMap> Maps, HeadGradient Head) Inspect(VggModel model, FeatureLayer layer, OnnxPrecision precision)
    {
        using var stream = new MemoryStream();
        OnnxModelWriter.Write(model, stream, new OnnxExportOptions { Outputs = [new OnnxOutput("features", layer)], Precision = precision });
        byte[] bytes = stream.ToArray();
        OnnxDocument document = OnnxDocumentReader.Read(bytes, new ProtobufSource("model.onnx", "ONNX"));
        var head = HeadGradient.Create(document);
        using InspectedGraph graph = InspectedGraph.Load(bytes, head.Inspected, threads: 1);
        byte[] pixels = new byte[Size * Size * 3];
        var random = new Random(3);
        random.NextBytes(pixels);
        IReadOnlyDictionary<string, ActivationMap> maps = graph.Run(pixels, Size, out float[] features);
        return ([.. features.Select(_ => random.NextSingle() - 0.5f)], features, maps, head);
    }

    private static void Draw(string folder, bool isDisc)
    {
        Directory.CreateDirectory(folder);
        for (int i = 0; i < 16; i++)
        {
            File.WriteAllBytes(Path.Combine(folder, $"{i:00}.png"), Picture(isDisc, i % 4, i + (isDisc ? 0 : 50)));
        }
    }

    /// <summary>A disc or bars in one quarter of a noisy picture.</summary>
    private static byte[] Picture(bool isDisc, int quadrant, int seed)
    {
        var random = new Random(seed);
        using var bitmap = new SKBitmap(128, 128);
        bitmap.Pixels = [.. Enumerable.Range(0, 128 * 128).Select(_ => { byte grey = (byte)random.Next(90, 150); return new SKColor(grey, grey, grey); })];
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { Color = isDisc ? SKColors.OrangeRed : SKColors.SteelBlue, StrokeWidth = 6 };
        float x = 32 + (64 * (quadrant % 2)) + random.Next(-6, 7);
        float y = 32 + (64 * (quadrant / 2)) + random.Next(-6, 7);
        if (isDisc)
        {
            canvas.DrawCircle(x, y, 22, paint);
        }
        else
        {
            for (int bar = -2; bar <= 2; bar++)
            {
                canvas.DrawLine(x - 20, y + (10 * bar), x + 20, y + (10 * bar), paint);
            }
        }

        canvas.Flush();
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
