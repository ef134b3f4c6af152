using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace VggTransfer.Images;

/// <summary>
/// Finds the first frame of a GIF and decodes it as Pillow shows it after <c>convert("RGB")</c>: transparency shows its
/// palette colour, and what the frame leaves free of the canvas shows the transparent index's colour, or else that of
/// index 0. Skia makes both transparent black, which is why GIFs are decoded here.
/// </summary>
internal readonly ref struct GifFrame
{
    private const int ScreenDescriptorEnd = 13;
    private const int MaxCodes = 4096;

    private readonly ReadOnlySpan<byte> _data;
    private readonly ReadOnlySpan<byte> _palette;
    private readonly int _pixels;
    private readonly int _left, _top, _width, _height;
    private readonly bool _interlaced;
    private readonly int _background;

    private GifFrame(ReadOnlySpan<byte> data, ReadOnlySpan<byte> globalPalette, int descriptor, int? transparentIndex, int screenWidth, int screenHeight)
    {
        if (data.Length - descriptor < 10)
        {
            throw ImageFault.Truncated("the GIF ends within its first frame's header");
        }

        _data = data;
        _left = BinaryPrimitives.ReadUInt16LittleEndian(data[descriptor..]);
        _top = BinaryPrimitives.ReadUInt16LittleEndian(data[(descriptor + 2)..]);
        _width = BinaryPrimitives.ReadUInt16LittleEndian(data[(descriptor + 4)..]);
        _height = BinaryPrimitives.ReadUInt16LittleEndian(data[(descriptor + 6)..]);
        if (_width == 0 || _height == 0)
        {
            throw ImageFault.Damaged($"the GIF's first frame measures {_width} x {_height} pixels");
        }

        byte flags = data[descriptor + 8];
        _interlaced = (flags & 0x40) != 0;
        _background = transparentIndex ?? 0;
        _palette = globalPalette;
        _pixels = descriptor + 9;
        if ((flags & 0x80) != 0)
        {
            _palette = Palette(data, _pixels, flags);
            _pixels += _palette.Length;
        }

        CanvasWidth = Math.Max(screenWidth, _left + _width);
        CanvasHeight = Math.Max(screenHeight, _top + _height);
    }

    public int CanvasWidth { get; }

    public int CanvasHeight { get; }

    /// <summary>Walks the blocks to the first frame.</summary>
    /// <exception cref="ImageFault">The file ends early or has no frame.</exception>
    public static GifFrame Find(ReadOnlySpan<byte> data)
    {
        if (data.Length < ScreenDescriptorEnd)
        {
            throw ImageFault.Truncated("the GIF ends within its header");
        }

        int width = BinaryPrimitives.ReadUInt16LittleEndian(data[6..]);
        int height = BinaryPrimitives.ReadUInt16LittleEndian(data[8..]);
        ReadOnlySpan<byte> palette = default;
        int position = ScreenDescriptorEnd;
        if ((data[10] & 0x80) != 0)
        {
            palette = Palette(data, position, data[10]);
            position += palette.Length;
        }

        int? transparentIndex = null;
        while (position < data.Length)
        {
            switch (data[position++])
            {
                case (byte)',':
                    return new GifFrame(data, palette, position, transparentIndex, width, height);
                case (byte)';':
                    throw ImageFault.Damaged("the GIF holds no picture");
                case (byte)'!':
                    // The graphic control extension (0xF9): flags, delay, transparent index.
                    if (data.Length - position > 5 && data[position] == 0xF9 && data[position + 1] >= 4)
                    {
                        transparentIndex = (data[position + 2] & 1) != 0 ? data[position + 5] : transparentIndex;
                    }

                    position = SkipBlocks(data, position + 1);
                    break;
                default:
                    // Pillow passes over bytes between the blocks.
                    break;
            }
        }

        throw ImageFault.Truncated("the GIF ends before its first frame");
    }

    /// <summary>Decodes into four bytes a pixel, <c>CanvasWidth * CanvasHeight * 4</c> of them: red, green, blue, 255.</summary>
    /// <exception cref="ImageFault">The compressed data are broken or end early.</exception>
    public void Decode(Span<byte> rgbx)
    {
        Span<byte> colours = stackalloc byte[256 * 4];
        for (int i = 0; i < 256; i++)
        {
            // An index beyond the palette, or a GIF without any, means a grey level to Pillow.
            bool known = (i + 1) * 3 <= _palette.Length;
            Span<byte> colour = colours.Slice(i * 4, 4);
            colour[0] = known ? _palette[i * 3] : (byte)i;
            colour[1] = known ? _palette[(i * 3) + 1] : (byte)i;
            colour[2] = known ? _palette[(i * 3) + 2] : (byte)i;
            colour[3] = 255;
        }

        Span<uint> target = MemoryMarshal.Cast<byte, uint>(rgbx);
        ReadOnlySpan<uint> table = MemoryMarshal.Cast<byte, uint>(colours);
        if (_width != CanvasWidth || _height != CanvasHeight)
        {
            target[..(CanvasWidth * CanvasHeight)].Fill(table[_background]);
        }

        DecodeIndices(target, table);
    }

    private void DecodeIndices(Span<uint> target, ReadOnlySpan<uint> table)
    {
        int minimumBits = _data[_pixels];
        if (minimumBits is < 1 or > 11)
        {
            throw ImageFault.Damaged($"the GIF's code size is {minimumBits}");
        }

        Span<short> prefixes = stackalloc short[MaxCodes];
        Span<byte> suffixes = stackalloc byte[MaxCodes];
        Span<byte> stack = stackalloc byte[MaxCodes + 1];
        int clear = 1 << minimumBits, end = clear + 1;
        int next = clear + 2, bits = minimumBits + 1, previous = -1;
        byte first = 0;
        uint buffer = 0;
        int buffered = 0, position = _pixels + 1, blockLeft = 0;
        GifRows rows = new(_height, _interlaced);
        int column = 0;
        Span<uint> row = Row(target, 0);

        while (true)
        {
            while (buffered < bits)
            {
                if (blockLeft == 0)
                {
                    blockLeft = position < _data.Length ? _data[position++] : 0;
                    if (blockLeft == 0)
                    {
                        throw ImageFault.Truncated($"the GIF's first frame ends after {rows.Finished} of {_height} rows");
                    }
                }

                if (position >= _data.Length)
                {
                    throw ImageFault.Truncated($"the GIF's first frame ends after {rows.Finished} of {_height} rows");
                }

                buffer |= (uint)_data[position++] << buffered;
                buffered += 8;
                blockLeft--;
            }

            int code = (int)(buffer & ((1u << bits) - 1));
            buffer >>= bits;
            buffered -= bits;
            if (code == clear)
            {
                (next, bits, previous) = (clear + 2, minimumBits + 1, -1);
                continue;
            }

            if (code == end)
            {
                throw ImageFault.Truncated($"the GIF's first frame ends after {rows.Finished} of {_height} rows");
            }

            if (code > next || (code == next && previous < 0) || (previous < 0 && code > clear))
            {
                throw ImageFault.Damaged("the GIF's compressed data hold an impossible code");
            }

            int depth = 0, walk = code;
            if (code == next)
            {
                stack[depth++] = first;
                walk = previous;
            }

            while (walk > end)
            {
                stack[depth++] = suffixes[walk];
                walk = prefixes[walk];
            }

            first = (byte)walk;
            stack[depth++] = first;
            while (depth > 0)
            {
                row[column++] = table[stack[--depth]];
                if (column == _width)
                {
                    if (!rows.MoveNext())
                    {
                        return;
                    }

                    column = 0;
                    row = Row(target, rows.Current);
                }
            }

            // A full table stays as it is until the next clear code.
            if (previous >= 0 && next < MaxCodes)
            {
                (prefixes[next], suffixes[next]) = ((short)previous, first);
                next++;
                if (next == 1 << bits && bits < 12)
                {
                    bits++;
                }
            }

            previous = code;
        }
    }

    private Span<uint> Row(Span<uint> target, int row) => target.Slice(((_top + row) * CanvasWidth) + _left, _width);

    private static ReadOnlySpan<byte> Palette(ReadOnlySpan<byte> data, int position, byte flags)
    {
        int length = 3 << ((flags & 7) + 1);
        return data.Length - position > length
            ? data.Slice(position, length)
            : throw ImageFault.Truncated("the GIF ends within its palette");
    }

    private static int SkipBlocks(ReadOnlySpan<byte> data, int position)
    {
        while (position < data.Length && data[position] != 0)
        {
            position += data[position] + 1;
        }

        return position + 1;
    }
}
