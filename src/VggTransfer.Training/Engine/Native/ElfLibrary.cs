using System.Buffers.Binary;
using System.Text;

namespace VggTransfer.Training;

/// <summary>A version that a library asks another one for.</summary>
/// <param name="Library">The other library's name: <c>libstdc++.so.6</c>.</param>
/// <param name="Version">The version: <c>GLIBCXX_3.4.32</c>.</param>
/// <param name="Index">The number that the symbol table uses for it.</param>
/// <param name="FlagsPosition">Where in the file the demand's flags lie.</param>
internal readonly record struct ElfVersionNeed(string Library, string Version, int Index, int FlagsPosition);

/// <summary>
/// The symbol versions of a 64-bit little-endian ELF library (Linux Standard Base, "Symbol Versioning"). Nothing in the file
/// is trusted: whatever points outside it ends in <see cref="InvalidDataException"/>.
/// </summary>
internal sealed class ElfLibrary
{
    private const uint SectionRelocations = 4;
    private const uint SectionDynamicSymbols = 11;
    private const uint SectionVersionDefinitions = 0x6ffffffd;
    private const uint SectionVersionNeeds = 0x6ffffffe;
    private const uint SectionVersionsOfSymbols = 0x6fffffff;
    private const int SectionHeaderSize = 64;
    private const int RelocationSize = 24;
    private const ushort WeakFlag = 2;
    private const ushort HiddenBit = 0x8000;

    private readonly byte[] _image;
    private readonly List<Section> _sections = [];

    /// <param name="image">The whole file; kept, not copied.</param>
    /// <exception cref="InvalidDataException">It is no such library, or a damaged one.</exception>
    public ElfLibrary(byte[] image)
    {
        _image = image;

        // Magic number, 64 bits, little-endian.
        if (!image.AsSpan().StartsWith("\u007fELF\u0002\u0001"u8) || Short(0x3A) != SectionHeaderSize)
        {
            throw new InvalidDataException("it is no 64-bit ELF library");
        }

        long start = Long(0x28);
        int count = Short(0x3C);
        for (int i = 0; i < count; i++)
        {
            long at = start + ((long)i * SectionHeaderSize);
            _sections.Add(new Section(Integer(at + 4), Long(at + 24), Long(at + 32), Integer(at + 40), Integer(at + 44)));
        }
    }

    /// <summary>The versions that the library offers.</summary>
    public IEnumerable<string> DefinedVersions()
    {
        foreach (Section section in _sections.Where(section => section.Type == SectionVersionDefinitions))
        {
            long at = section.Offset;
            for (uint i = 0; i < section.Info; i++)
            {
                // The first name is the version's own, further ones those that it builds on.
                yield return Name(section, Integer(at + Integer(at + 12)));
                at += Integer(at + 16);
            }
        }
    }

    /// <summary>The versions that the library asks others for.</summary>
    public IEnumerable<ElfVersionNeed> NeededVersions()
    {
        foreach (Section section in _sections.Where(section => section.Type == SectionVersionNeeds))
        {
            long at = section.Offset;
            for (uint i = 0; i < section.Info; i++)
            {
                string library = Name(section, Integer(at + 4));
                long need = at + Integer(at + 8);
                for (int k = Short(at + 2); k > 0; k--)
                {
                    yield return new ElfVersionNeed(library, Name(section, Integer(need + 8)), Short(need + 6), checked((int)(need + 4)));
                    need += Integer(need + 12);
                }

                at += Integer(at + 12);
            }
        }
    }

    /// <summary>Whether a relocation refers to a symbol of a version, so that the symbol must be there.</summary>
    public bool IsUsed(int versionIndex)
    {
        HashSet<uint> symbols = [.. SymbolsOf(versionIndex)];
        foreach (Section section in _sections.Where(section => section.Type == SectionRelocations && IsOfDynamicSymbols(section)))
        {
            for (long at = section.Offset; at < section.Offset + section.Size; at += RelocationSize)
            {
                if (symbols.Contains(Integer(at + 12)))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <summary>Lets the system's loader go on where the version is missing.</summary>
    public void MarkWeak(ElfVersionNeed need) =>
        BinaryPrimitives.WriteUInt16LittleEndian(_image.AsSpan(need.FlagsPosition), (ushort)(Short(need.FlagsPosition) | WeakFlag));

    private bool IsOfDynamicSymbols(Section section) => section.Link < _sections.Count && _sections[(int)section.Link].Type == SectionDynamicSymbols;

    private IEnumerable<uint> SymbolsOf(int versionIndex)
    {
        foreach (Section section in _sections.Where(section => section.Type == SectionVersionsOfSymbols))
        {
            for (uint symbol = 0; symbol < section.Size / 2; symbol++)
            {
                if ((Short(section.Offset + (2L * symbol)) & ~HiddenBit) == versionIndex)
                {
                    yield return symbol;
                }
            }
        }
    }

    private string Name(Section section, uint position)
    {
        if (section.Link >= _sections.Count)
        {
            throw Damaged();
        }

        long start = _sections[(int)section.Link].Offset + position;
        if (start < 0 || start >= _image.Length)
        {
            throw Damaged();
        }

        ReadOnlySpan<byte> text = _image.AsSpan((int)start);
        int end = text.IndexOf((byte)0);
        return end >= 0 ? Encoding.UTF8.GetString(text[..end]) : throw Damaged();
    }

    private ushort Short(long at) => BinaryPrimitives.ReadUInt16LittleEndian(At(at, 2));

    private uint Integer(long at) => BinaryPrimitives.ReadUInt32LittleEndian(At(at, 4));

    private long Long(long at) => BinaryPrimitives.ReadInt64LittleEndian(At(at, 8));

    private ReadOnlySpan<byte> At(long at, int length) => at >= 0 && at <= _image.Length - length ? _image.AsSpan((int)at, length) : throw Damaged();

    private static InvalidDataException Damaged() => new("it is a damaged ELF library");

    private readonly record struct Section(uint Type, long Offset, long Size, uint Link, uint Info);
}
