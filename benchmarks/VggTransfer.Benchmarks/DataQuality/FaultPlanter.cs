using SkiaSharp;

namespace VggTransfer.Benchmarks.DataQuality;

/// <summary>The faults that are planted, each kind to be found by a part of the check.</summary>
internal enum PlantedFault
{
    WrongLabel,
    Recompressed,
    Resized,
    Mirrored,
    Broken,
    Outlier,
}

/// <summary>A planted fault.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Path">The file that has it.</param>
/// <param name="Original">Of a copy, the file that was copied; of a wrong label, the right one; otherwise empty.</param>
internal sealed record PlantedFile(PlantedFault Kind, string Path, string Original);

/// <summary>A picture in a class.</summary>
internal sealed record SourcePicture(string Label, string Name, byte[] Content);

/// <summary>Writes a folder of pictures in which known faults are: 3 % wrong labels, 2 % near duplicates, 1 % broken files, 1 % outliers.</summary>
internal sealed class FaultPlanter(string folder, int seed)
{
    private readonly Random _random = new(seed);
    private readonly Random _colours = new(seed + 1);
    private readonly List<PlantedFile> _planted = [];

    public IReadOnlyList<PlantedFile> Plant(IReadOnlyList<SourcePicture> pictures)
    {
        string[] labels = [.. pictures.Select(picture => picture.Label).Distinct().Order(StringComparer.Ordinal)];
        int[] order = [.. Enumerable.Range(0, pictures.Count)];
        _random.Shuffle(order);
        int wrong = pictures.Count * 3 / 100;
        int copies = pictures.Count * 2 / 100;
        int broken = pictures.Count / 100;

        // A picture gets one fault at the most, and copies are made of sound ones.
        for (int at = 0; at < order.Length; at++)
        {
            SourcePicture picture = pictures[order[at]];
            if (at < wrong)
            {
                string other = labels.Where(label => label != picture.Label).ElementAt(_random.Next(labels.Length - 1));
                Add(PlantedFault.WrongLabel, Write(other, $"{picture.Label}-{picture.Name}", picture.Content), picture.Label);
            }
            else if (at < wrong + broken)
            {
                Add(PlantedFault.Broken, Write(picture.Label, picture.Name, Break(picture.Content, at % 3)), "");
            }
            else
            {
                string path = Write(picture.Label, picture.Name, picture.Content);
                int copy = at - wrong - broken;
                if (copy < copies)
                {
                    // A third of the copies lies in another class.
                    string label = copy % 9 >= 6 ? labels[_random.Next(labels.Length)] : picture.Label;
                    (PlantedFault kind, byte[] content) = Copy(picture.Content, copy % 3);
                    Add(kind, Write(label, $"copy-{copy}.jpg", content), path);
                }
            }
        }

        for (int i = 0; i < pictures.Count / 100; i++)
        {
            Add(PlantedFault.Outlier, Write(labels[_random.Next(labels.Length)], $"outlier-{i}.png", Outlier(i % 4)), "");
        }

        return _planted;
    }

    private void Add(PlantedFault kind, string path, string original) => _planted.Add(new PlantedFile(kind, path, original));

    private string Write(string label, string name, byte[] content)
    {
        string path = Path.Combine(Directory.CreateDirectory(Path.Combine(folder, label)).FullName, name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>Cut short, its middle overwritten, or no picture at all.</summary>
    private byte[] Break(byte[] content, int way)
    {
        switch (way)
        {
            case 0:
                return content[..(content.Length * _random.Next(20, 95) / 100)];
            case 1:
                byte[] zeros = [.. content];
                zeros.AsSpan(2, zeros.Length / 2).Clear();
                return zeros;
            default:
                return "<html><body>404 Not Found</body></html>"u8.ToArray();
        }
    }

    private (PlantedFault Kind, byte[] Content) Copy(byte[] content, int way)
    {
        using SKBitmap bitmap = SKBitmap.Decode(content);
        switch (way)
        {
            case 0:
                return (PlantedFault.Recompressed, Encode(bitmap, _random.Next(30, 80)));
            case 1:
                double[] scales = [0.5, 0.75, 1.5, 3];
                double scale = scales[_random.Next(scales.Length)];
                using (SKBitmap resized = bitmap.Resize(new SKImageInfo((int)(bitmap.Width * scale), (int)(bitmap.Height * scale)), SKFilterQuality.High))
                {
                    return (PlantedFault.Resized, Encode(resized, _random.Next(60, 95)));
                }

            default:
                using (var mirrored = new SKBitmap(bitmap.Width, bitmap.Height))
                {
                    using var canvas = new SKCanvas(mirrored);
                    canvas.Scale(-1, 1, bitmap.Width / 2f, 0);
                    canvas.DrawBitmap(bitmap, 0, 0);
                    canvas.Flush();
                    return (PlantedFault.Mirrored, Encode(mirrored, _random.Next(60, 95)));
                }
        }
    }

    /// <summary>What no photograph shows: noise, a chart, text, a checkerboard.</summary>
    private byte[] Outlier(int way)
    {
        using var bitmap = new SKBitmap(64, 64);
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { Color = SKColors.Black, TextSize = 11 };
        canvas.Clear(SKColors.White);
        for (int i = 0; i < 64; i++)
        {
            switch (way)
            {
                case 0:
                    for (int j = 0; j < 64; j++)
                    {
                        bitmap.SetPixel(i, j, new SKColor((uint)_random.Next() | 0xFF000000));
                    }

                    break;
                case 1 when i % 8 == 0:
                    canvas.DrawRect(i, 64 - _random.Next(8, 60), 6, 64, paint);
                    break;
                case 2 when i % 12 == 0:
                    canvas.DrawText(Convert.ToHexString(BitConverter.GetBytes(_random.NextInt64())), 1, i + 10, paint);
                    break;
                case 3 when i % 8 == 0:
                    for (int j = i % 16; j < 64; j += 16)
                    {
                        paint.Color = new SKColor((uint)_colours.Next() | 0xFF000000);
                        canvas.DrawRect(i, j, 8, 8, paint);
                    }

                    break;
            }
        }

        canvas.Flush();
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private static byte[] Encode(SKBitmap bitmap, int quality)
    {
        using SKData data = bitmap.Encode(SKEncodedImageFormat.Jpeg, quality);
        return data.ToArray();
    }
}
