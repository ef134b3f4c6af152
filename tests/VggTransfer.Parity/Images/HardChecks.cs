using System.Text.Json;
using VggTransfer.Images;

namespace VggTransfer.Parity.Images;

/// <summary>Compares each odd or broken file of <c>hard.json</c> with its expected outcome.</summary>
internal static class HardChecks
{
    /// <summary>What another lossy decoder may differ by.</summary>
    private const int LossyLevels = 2;

    private const double LossyMean = 0.5;

    private static readonly ImageDecodeOptions s_asStored = new() { Orientation = ImageOrientation.AsStored };

    public static void Run(string folder, JsonElement document, List<ParityCase> cases)
    {
        foreach (JsonElement item in document.Get("cases")?.EnumerateArray().ToArray() ?? [])
        {
            string file = item.Text("file") ?? "?";
            cases.Add(ParityCase.Run($"{file}:", () =>
            {
                (bool passed, string detail) = Check(folder, file, item);
                return new ParityCase($"{file}:", passed, detail);
            }));
        }
    }

    private static (bool Passed, string Detail) Check(string folder, string file, JsonElement item)
    {
        string outcome = item.Text("outcome") ?? "read";
        RgbImage upright, stored;
        try
        {
            string path = Path.Combine(folder, file);
            upright = ImageDecoder.Decode(path);
            stored = ImageDecoder.Decode(path, s_asStored);
            ImageHeader header = ImageDecoder.ReadHeader(path);
            if (header.Width != upright.Width || header.Height != upright.Height)
            {
                return (false, $"the header says {header.Width} x {header.Height}, the pixels are {upright.Width} x {upright.Height}");
            }
        }
        catch (InvalidImageException error)
        {
            return (outcome != "read", $"refused: {error.Message}");
        }
        catch (FileNotFoundException)
        {
            return (false, "the file is missing");
        }

        if (outcome == "refuse")
        {
            return (false, $"was read, but is to be refused: {item.Text("reason")}");
        }

        return Compare(folder, upright, stored, item);
    }

    private static (bool Passed, string Detail) Compare(string folder, RgbImage upright, RgbImage stored, JsonElement item)
    {
        string? expectedCrc = item.Text("better_crc32") ?? item.Text("crc32");
        if (expectedCrc is null)
        {
            return (true, $"read, {upright.Width} x {upright.Height}; nothing to compare with");
        }

        string crc = GoldenJson.Crc(upright);
        bool turned = upright.Width != stored.Width || crc != GoldenJson.Crc(stored);
        string? storedCrc = item.Text("better_crc32") is null ? item.Text("crc32_without_exif_transpose") : expectedCrc;
        bool storedEqual = storedCrc is null || GoldenJson.Crc(stored) == storedCrc;
        if (crc == expectedCrc && storedEqual && SizeEqual(upright, item))
        {
            return (true, turned ? "exact, upright and as stored" : "exact");
        }

        bool exact = item.Get("exact") is not { ValueKind: JsonValueKind.False };
        string? png = item.Text("better") ?? item.Text("expected");
        if (png is null)
        {
            return (false, $"CRC {crc} instead of {expectedCrc}");
        }

        PixelDifference? difference = PixelDifference.Between(upright, ImageDecoder.Decode(Path.Combine(folder, png)));
        if (difference is not { } d)
        {
            return (false, $"is {upright.Width} x {upright.Height}, not the size of {png}");
        }

        int levels = LossyLevels + (item.Get("pillow")?.Text("mode") == "CMYK" ? 1 : 0);
        bool within = !exact && d.Max <= levels && d.Mean < LossyMean;

        // A lossy decode cannot have the stored CRC either, but what is turned must be the same pixels.
        bool storedConsistent = storedEqual || (!exact && Histogram(stored).AsSpan().SequenceEqual(Histogram(upright)));
        bool storm = item.Text("outcome") == "read-or-refuse" && item.Text("note")?.Contains("any result", StringComparison.Ordinal) == true;
        return ((within && storedConsistent) || storm, $"{d}{(storedEqual ? "" : ", CRC as stored differs")}{(storm ? ", any result is right" : "")}");
    }

    private static bool SizeEqual(RgbImage image, JsonElement item) =>
        item.Get("size") is not { } size || (size[0].GetInt32() == image.Width && size[1].GetInt32() == image.Height);

    private static int[] Histogram(RgbImage image)
    {
        int[] counts = new int[256 * 3];
        for (int i = 0; i < image.Pixels.Length; i++)
        {
            counts[(i % 3 * 256) + image.Pixels[i]]++;
        }

        return counts;
    }
}
