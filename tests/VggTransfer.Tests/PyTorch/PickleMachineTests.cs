using System.Numerics;
using System.Text;
using VggTransfer.Weights.Formats.PyTorch;

namespace VggTransfer.Tests.PyTorch;

/// <summary>Oracle: Python's pickle, whose instructions these are; the comments say what Python would do with hostile ones.</summary>
public sealed class PickleMachineTests
{
    private static object? Run(string pickle) => PickleMachine.Run(Encoding.Latin1.GetBytes(pickle), "x.pth", 0).Value;

    private static string Refuse(string pickle) => Assert.Throws<InvalidModelFileException>(() => Run(pickle)).Reason;

    public static TheoryData<string, object?> Values => new()
    {
        { "N.", null },
        { "\x88.", true },
        { "I00\n.", false },
        { "I-7\n.", -7L },
        { "L12L\n.", 12L },
        { "K\xff.", 255L },
        { "M\x01\x02.", 513L },
        { "J\xfe\xff\xff\xff.", -2L },
        { "\x8a\x00.", 0L },
        { "\x8a\x01\xff.", -1L },
        { "\x8a\x02\xff\x00.", 255L },
        { "\x8b\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x80.", long.MinValue },
        { "\x8a\x09\x00\x00\x00\x00\x00\x00\x00\x00\x01.", BigInteger.Pow(2, 64) },
        { "G\x3f\xf8\x00\x00\x00\x00\x00\x00.", 1.5 },
        { "F1.5\n.", 1.5 },
        { "X\x02\x00\x00\x00\xc3\xa9.", "é" },
        { "\x8c\x01" + "a.", "a" },
        { "\x8d\x01\x00\x00\x00\x00\x00\x00\x00" + "a.", "a" },
        { "U\x01" + "a.", "a" },
        { "T\x01\x00\x00\x00" + "a.", "a" },
        { "S'a'\n.", "a" },
        { "Va\n.", "a" },
        { "C\x02xy.", null },
        { "\x80\x04\x95\x02\x00\x00\x00\x00\x00\x00\x00K\x01.", 1L },
        { "K\x01K\x02\x30.", 1L },
        { "K\x01(K\x02K\x03\x31.", 1L },
        { "K\x01q\x05\x30h\x05.", 1L },
        { "K\x01p300\n0g300\n.", 1L },
        { "K\x01\x94K\x02\x94\x30\x30h\x01.", 2L },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Value_is_what_Python_reads(string pickle, object? expected) => Assert.Equal(expected, Run(pickle));

    [Fact]
    public void Containers_are_filled_in_order()
    {
        var dictionary = Assert.IsType<PickleDictionary>(Run("}(\x8c\x01" + "bK\x01\x8c\x01" + "aK\x02\x8c\x01" + "bK\x03K\x09K\x04u."));
        Assert.Equal([("b", 3L), ("a", 2L)], dictionary.Entries.Select(pair => (pair.Key, (long)pair.Value!)));
        Assert.Equal([1L, 2L, 3L], Assert.IsType<List<object?>>(Run("]K\x01" + "a(K\x02K\x03" + "e.")));
        Assert.Equal([1L, 2L], Assert.IsType<object?[]>(Run("K\x01K\x02\x86.")));
        Assert.Equal([1L], Assert.IsType<object?[]>(Run("ctorch\nSize\nK\x01\x85\x85R.")));
    }

    // Python 2 passes an OrderedDict's entries as a list of lists.
    [Fact]
    public void OrderedDict_of_Python_2_is_read()
    {
        var dictionary = Assert.IsType<PickleDictionary>(Run("ccollections\nOrderedDict\n(](](U\x01" + "aK\x01" + "eetR."));
        Assert.Equal(1L, dictionary.Entries["a"]);
    }

    public static TheoryData<string, string> Hostile => new()
    {
        // Each of these runs a command when Python loads it.
        { "cos\nsystem\n(S'x'\ntR.", "it needs the Python object 'os.system', and" },
        { "\x80\x04\x8c\x02os\x8c\x06system\x93.", "it needs the Python object 'os.system', and" },
        { "(S'x'\nios\nsystem\n.", "it needs the Python object 'os.system', and" },
        { "(cos\nsystem\nS'x'\no.", "it needs the Python object 'os.system', and" },
        { "cbuiltins\neval\n.", "it needs the Python object 'builtins.eval', and" },
        { "ctorch\nload\n.", "it needs the Python object 'torch.load', and" },
        { "ctorch._utils\n_rebuild_tensor_v2.__globals__\n.", "it needs the Python object 'torch._utils._rebuild_tensor_v2.__globals__', and" },
        { "cos\nsy\rstem\u001b[2J\n.", "it needs the Python object 'os.sy stem [2J', and" },

        { "ctorch._utils\n_rebuild_qtensor\n.", "it holds a quantised tensor" },
        { "ctorch.nn.modules.linear\nLinear\n.", "it holds a whole model as a Python object" },
        { "\x82\x01.", "its pickle has the instruction 0x82" },
        { "P1\n.", "its pickle has the instruction 0x50" },
        { "\x97.", "its pickle has the instruction 0x97" },
        { "\x80\x06N.", "its pickle is of protocol 6" },
        { "", "its pickle is cut off" },
        { "N", "its pickle is cut off" },
        { ".", "its pickle takes more objects" },
        { "(.", "its pickle takes more objects" },
        { "N0.", "its pickle takes more objects" },
        { "t.", "its pickle takes more objects" },
        { "K\x01(\x85.", "its pickle takes more objects" },
        { "h\x00.", "its pickle refers to object 0" },
        { "g-1\n.", "its pickle refers to an object by something that isn't a number" },
        { "X\xff\xff\xff\xff" + "a.", "its pickle is cut off" },
        { "\x8d\xff\xff\xff\xff\xff\xff\xff\xff" + "a.", "its pickle is cut off" },
        { "\x8e\x00\x00\x00\x00\x00\x00\x00\x80" + "a.", "its pickle is cut off" },
        { "\x8b\xff\xff\xff\xff" + "a.", "its pickle is cut off" },
        { "\x8a\x41" + new string('a', 65) + ".", "its pickle has an integer of 65 bytes" },
        { "I99999999999999999999\n.", "its pickle has an integer that isn't one" },
        { "Fx\n.", "its pickle has a number that isn't one" },
        { "S'a\n.", "its pickle has a text without quotes" },
        { "S'\\x41'\n.", "its pickle has an escaped text" },
        { "K\x01K\x02" + "a.", "its pickle needs a list" },
        { "NK\x02" + "a.", "its pickle needs a list" },
        { "]K\x02K\x03s.", "its pickle needs a dictionary" },
        { "}(K\x02u.", "its pickle has a dictionary with a key without a value" },
        { "K\x01}b.", "its pickle gives a state to something that has none" },
        { "K\x01)R.", "its pickle calls something that is no function" },
        { "ctorch\nSize\nNR.", "its pickle calls something that is no function" },
        { "ctorch\nSize\n)R.", "its pickle calls torch.Size with arguments" },
        { "ctorch\nFloatStorage\n)R.", "its pickle calls torch.FloatStorage with arguments" },
        { "ctorch._utils\n_rebuild_tensor_v2\n)R.", "its pickle calls torch._utils._rebuild_tensor_v2 with arguments" },
        { "K\x01Q.", "its pickle refers to data outside it" },
        { "(\x8c\x07storagectorch\nFloatStorage\n\x8c\x01" + "0\x8c\x03" + "cpuJ\xff\xff\xff\xfftQ.", "its pickle refers to data outside it" },
        { "(\x8c\x07storagectorch\nSize\n\x8c\x01" + "0\x8c\x03" + "cpuK\x01tQ.", "its pickle refers to data outside it" },
        { "\x8c\x01" + "aK\x01\x93.", "its pickle names a Python object by something that isn't text" },
    };

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_or_damaged_pickle_is_refused(string pickle, string reason) => Assert.StartsWith(reason, Refuse(pickle), StringComparison.Ordinal);

    [Fact]
    public void Marks_a_hundred_thousand_deep_are_refused() =>
        Assert.StartsWith("its pickle is nested more than 1,000 deep", Refuse(new string('(', 100_000) + new string('t', 100_000) + "."), StringComparison.Ordinal);

    // Deep without marks: each list holds the next. It is built, as in Python, and nobody walks it to the bottom.
    [Fact]
    public void Lists_half_a_million_deep_overflow_no_stack() =>
        Assert.Single(Assert.IsType<List<object?>>(Run(new string(']', 500_000) + new string('a', 499_999) + ".")));

    [Fact]
    public void Stack_and_memo_are_bounded()
    {
        const string Reason = "its pickle holds more objects than any model; it is damaged or hostile";
        Assert.Equal(Reason, Refuse(new string('N', 1_100_000)));
        Assert.Equal(Reason, Refuse("N" + string.Concat(Enumerable.Repeat("\x94", 1_100_000))));
        Assert.Equal(Reason, Refuse(string.Concat(Enumerable.Repeat("N0", 4_200_000))));
    }

    // One list of 100,000, copied by every call of five bytes: quadratic in Python.
    [Fact]
    public void Copies_are_bounded()
    {
        string pickle = "ctorch\nSize\nq\0(" + new string('N', 100_000) + "tq\x01" + string.Concat(Enumerable.Repeat("h\0h\x01\x85R", 1_000)) + ".";

        Assert.Equal("its pickle copies more objects than any model; it is damaged or hostile", Refuse(pickle));
    }

    [Fact]
    public void Dictionary_that_contains_itself_holds_no_weights()
    {
        object? root = Run("}q\0\x8c\x01" + "ah\0s.");

        Assert.Empty(StateDictSearch.Find(root));
    }

    [Fact]
    public void Position_of_the_fault_is_told() =>
        Assert.Equal(105, Assert.Throws<InvalidModelFileException>(() => PickleMachine.Run("}(NNb."u8, "x.pth", 100)).Position);
}
