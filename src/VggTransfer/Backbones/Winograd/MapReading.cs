namespace VggTransfer.Backbones;

/// <summary>A map's values in the usual order: channel, row, column.</summary>
internal static unsafe class MapReading
{
    /// <param name="map">The map.</param>
    /// <param name="shape">How it lies.</param>
    /// <param name="values">Gets channels x rows x columns values.</param>
    public static void Flatten(float* map, BlockedMap shape, Span<float> values)
    {
        int at = 0;
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            float* start = Start(map, shape, channel);
            for (int y = 0; y < shape.Height; y++)
            {
                float* row = start + (y * (nint)shape.RowStride);
                for (int x = 0; x < shape.Width; x++)
                {
                    values[at++] = row[x * BlockedMap.Lanes];
                }
            }
        }
    }

    /// <param name="map">The map.</param>
    /// <param name="shape">How it lies.</param>
    /// <param name="values">Gets each channel's average.</param>
    public static void Average(float* map, BlockedMap shape, Span<float> values)
    {
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            float* start = Start(map, shape, channel);
            double sum = 0;
            for (int y = 0; y < shape.Height; y++)
            {
                float* row = start + (y * (nint)shape.RowStride);
                for (int x = 0; x < shape.Width; x++)
                {
                    sum += row[x * BlockedMap.Lanes];
                }
            }

            values[channel] = (float)(sum / ((double)shape.Height * shape.Width));
        }
    }

    /// <param name="map">The map.</param>
    /// <param name="shape">How it lies.</param>
    /// <param name="values">Gets each channel's maximum.</param>
    public static void Maximum(float* map, BlockedMap shape, Span<float> values)
    {
        for (int channel = 0; channel < shape.Channels; channel++)
        {
            float* start = Start(map, shape, channel);
            float largest = float.NegativeInfinity;
            for (int y = 0; y < shape.Height; y++)
            {
                float* row = start + (y * (nint)shape.RowStride);
                for (int x = 0; x < shape.Width; x++)
                {
                    largest = Math.Max(largest, row[x * BlockedMap.Lanes]);
                }
            }

            values[channel] = largest;
        }
    }

    private static float* Start(float* map, BlockedMap shape, int channel) =>
        map + (channel / BlockedMap.Lanes * shape.BlockStride) + shape.Origin + (channel % BlockedMap.Lanes);
}
