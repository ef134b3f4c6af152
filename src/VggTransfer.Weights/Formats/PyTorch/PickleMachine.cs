using System.Globalization;
using System.Numerics;
using System.Text;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// Interprets a pickle without executing anything: it builds dictionaries, lists, tuples, texts, numbers and the
/// descriptions of tensors, and refuses by name every other Python object (see <see cref="PyTorchGlobal"/>).
/// </summary>
/// <remarks>
/// Values are <see cref="PickleDictionary"/>, <see cref="List{T}"/> of objects (a list or a set), <c>object?[]</c> (a
/// tuple), string, long, <see cref="BigInteger"/>, double, bool, null, and what <see cref="PyTorchGlobal"/> makes. They may
/// form cycles. Time and memory are bounded by the pickle's length and the limits below.
/// </remarks>
internal ref struct PickleMachine
{
    /// <summary>Far above what torch needs: a checkpoint of VGG19 with its optimiser has a pickle of 50 KB.</summary>
    public const int MaximumLength = 64 << 20;

    // torch's own pickles nest less than 20 deep.
    private const int MaximumMarks = 1_000;
    private const int MaximumStack = 1 << 20;
    private const int MaximumMemo = 1 << 20;

    // Bounds the memory too: no instruction makes more than one small object besides the text that it spells out.
    private const int MaximumInstructions = 8 << 20;

    // How many elements all calls together may copy: a hostile pickle could build one list and convert it at every fourth byte.
    private const int MaximumCopies = 1 << 22;

    // Integers of this many bytes and more are no sizes; the longest that torch writes (its magic number) has 10.
    private const int LongestInteger = 64;

    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<uint, object?> _memo = [];
    private readonly Dictionary<string, PyTorchStorage> _storages = new(StringComparer.Ordinal);
    private PickleSource _source;
    private int _copies;

    private PickleMachine(PickleSource source) => _source = source;

    /// <summary>Runs one pickle, up to its STOP.</summary>
    /// <param name="bytes">The bytes that begin with the pickle.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="origin">Where the bytes begin in the file; null where they don't lie in it as they are.</param>
    /// <exception cref="InvalidModelFileException">It is damaged, too deep, or holds an object that isn't known here.</exception>
    public static PickleContent Run(ReadOnlySpan<byte> bytes, string path, long? origin)
    {
        bool cut = bytes.Length > MaximumLength;
        var machine = new PickleMachine(new PickleSource(cut ? bytes[..MaximumLength] : bytes, path, origin));
        object? value = machine.Run();
        return new PickleContent(value, machine._source.Position, machine._storages);
    }

    private object? Run()
    {
        for (int instructions = 0; ; instructions++)
        {
            var opcode = (PickleOpcode)_source.Byte();
            if (opcode == PickleOpcode.Stop)
            {
                return Pop();
            }

            if (!Number(opcode) && !Text(opcode) && !Container(opcode) && !Memo(opcode))
            {
                Object(opcode);
            }

            if (instructions > MaximumInstructions || _stack.Count > MaximumStack || _memo.Count > MaximumMemo)
            {
                throw _source.Fault("its pickle holds more objects than any model; it is damaged or hostile");
            }
        }
    }

    private bool Number(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None:
                Push(null);
                return true;
            case PickleOpcode.NewTrue:
                Push(true);
                return true;
            case PickleOpcode.NewFalse:
                Push(false);
                return true;
            case PickleOpcode.BinInt1:
                Push((long)_source.Byte());
                return true;
            case PickleOpcode.BinInt2:
                Push((long)_source.UInt16());
                return true;
            case PickleOpcode.BinInt:
                Push((long)_source.Int32());
                return true;
            case PickleOpcode.Long1:
                Push(Integer(_source.Bytes(_source.Byte())));
                return true;
            case PickleOpcode.Long4:
                Push(Integer(_source.Bytes(_source.UInt32())));
                return true;
            case PickleOpcode.BinFloat:
                Push(_source.Double());
                return true;
            case PickleOpcode.Int:
                // Protocols 0 and 1 write False and True as 00 and 01.
                ReadOnlySpan<byte> line = _source.Line();
                Push(line.SequenceEqual("00"u8) ? false : line.SequenceEqual("01"u8) ? true : IntegerText(line));
                return true;
            case PickleOpcode.Long:
                Push(IntegerText(_source.Line()));
                return true;
            case PickleOpcode.Float:
                if (!double.TryParse(_source.Line(), NumberStyles.Float, CultureInfo.InvariantCulture, out double number))
                {
                    throw _source.Fault("its pickle has a number that isn't one; it is damaged");
                }

                Push(number);
                return true;
            default:
                return false;
        }
    }

    /// <summary>A little-endian two's complement integer.</summary>
    private readonly object Integer(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length <= 8)
        {
            long value = 0;
            for (int i = bytes.Length - 1; i >= 0; i--)
            {
                value = (value << 8) | bytes[i];
            }

            return bytes.Length is 0 or 8 ? value : value << (64 - (8 * bytes.Length)) >> (64 - (8 * bytes.Length));
        }

        return bytes.Length <= LongestInteger
            ? new BigInteger(bytes)
            : throw _source.Fault($"its pickle has an integer of {bytes.Length:N0} bytes; save a plain state dict");
    }

    private readonly long IntegerText(ReadOnlySpan<byte> line) =>
        long.TryParse(line.EndsWith("L"u8) ? line[..^1] : line, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value)
        ? value
        : throw _source.Fault("its pickle has an integer that isn't one, or is too long; save a plain state dict");

    private bool Text(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.BinUnicode:
                Push(Utf8(_source.Bytes(_source.UInt32())));
                return true;
            case PickleOpcode.ShortBinUnicode:
                Push(Utf8(_source.Bytes(_source.Byte())));
                return true;
            case PickleOpcode.BinUnicode8:
                Push(Utf8(_source.Bytes(_source.UInt64())));
                return true;

            // Python 2's str: bytes, and in its pickles also every name.
            case PickleOpcode.ShortBinString:
                Push(Utf8(_source.Bytes(_source.Byte())));
                return true;
            case PickleOpcode.BinString:
                Push(Utf8(_source.Bytes(_source.UInt32())));
                return true;
            case PickleOpcode.String:
                ReadOnlySpan<byte> quoted = _source.Line();
                Push(Unescaped(quoted.Length >= 2 && quoted[0] == quoted[^1] ? quoted[1..^1] : throw _source.Fault("its pickle has a text without quotes; it is damaged")));
                return true;
            case PickleOpcode.Unicode:
                Push(Unescaped(_source.Line()));
                return true;

            // Raw bytes carry no weights; only their place is kept.
            case PickleOpcode.BinBytes:
                Skip(_source.UInt32());
                return true;
            case PickleOpcode.ShortBinBytes:
                Skip(_source.Byte());
                return true;
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                Skip(_source.UInt64());
                return true;
            default:
                return false;
        }
    }

    private static string Utf8(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes);

    private readonly string Unescaped(ReadOnlySpan<byte> bytes) =>
        bytes.Contains((byte)'\\')
        ? throw _source.Fault("its pickle has an escaped text of protocol 0; save it again with torch.save(model.state_dict(), 'weights.pth')")
        : Encoding.Latin1.GetString(bytes);

    private void Skip(ulong count)
    {
        _source.Bytes(count);
        Push(null);
    }

    private bool Container(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark:
                if (_marks.Count == MaximumMarks)
                {
                    throw _source.Fault($"its pickle is nested more than {MaximumMarks:N0} deep, which no model is; it is damaged or hostile");
                }

                _marks.Add(_stack.Count);
                return true;
            case PickleOpcode.EmptyTuple:
                Push(Array.Empty<object?>());
                return true;
            case PickleOpcode.Tuple1 or PickleOpcode.Tuple2 or PickleOpcode.Tuple3:
                Push(Take(opcode - PickleOpcode.Tuple1 + 1));
                return true;
            case PickleOpcode.Tuple:
                Push(TakeToMark());
                return true;
            case PickleOpcode.EmptyList or PickleOpcode.EmptySet:
                Push(new List<object?>());
                return true;
            case PickleOpcode.List or PickleOpcode.FrozenSet:
                Push(TakeToMark().ToList());
                return true;
            case PickleOpcode.Append:
                object? item = Pop();
                Peek<List<object?>>("a list").Add(item);
                return true;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                object?[] items = TakeToMark();
                Peek<List<object?>>("a list").AddRange(items);
                return true;
            case PickleOpcode.EmptyDict:
                Push(new PickleDictionary());
                return true;
            case PickleOpcode.Dict:
                object?[] pairs = TakeToMark();
                var dictionary = new PickleDictionary();
                Fill(dictionary, pairs);
                Push(dictionary);
                return true;
            case PickleOpcode.SetItem:
                object?[] pair = Take(2);
                Fill(Peek<PickleDictionary>("a dictionary"), pair);
                return true;
            case PickleOpcode.SetItems:
                object?[] entries = TakeToMark();
                Fill(Peek<PickleDictionary>("a dictionary"), entries);
                return true;
            case PickleOpcode.Pop:
                if (_marks.Count > 0 && _marks[^1] == _stack.Count)
                {
                    _marks.RemoveAt(_marks.Count - 1);
                }
                else
                {
                    Pop();
                }

                return true;
            case PickleOpcode.PopMark:
                TakeToMark();
                return true;
            case PickleOpcode.Dup:
                Push(Peek<object?>("an object"));
                return true;
            default:
                return false;
        }
    }

    private readonly void Fill(PickleDictionary dictionary, object?[] pairs)
    {
        if (pairs.Length % 2 != 0)
        {
            throw _source.Fault("its pickle has a dictionary with a key without a value; it is damaged");
        }

        for (int i = 0; i < pairs.Length; i += 2)
        {
            dictionary.Set(pairs[i], pairs[i + 1]);
        }
    }

    private bool Memo(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.BinGet:
                Push(Recall(_source.Byte()));
                return true;
            case PickleOpcode.LongBinGet:
                Push(Recall(_source.UInt32()));
                return true;
            case PickleOpcode.Get:
                Push(Recall(Index(_source.Line())));
                return true;
            case PickleOpcode.BinPut:
                _memo[_source.Byte()] = Peek<object?>("an object");
                return true;
            case PickleOpcode.LongBinPut:
                _memo[_source.UInt32()] = Peek<object?>("an object");
                return true;
            case PickleOpcode.Put:
                _memo[Index(_source.Line())] = Peek<object?>("an object");
                return true;
            case PickleOpcode.Memoize:
                _memo[(uint)_memo.Count] = Peek<object?>("an object");
                return true;
            case PickleOpcode.Proto:
                int protocol = _source.Byte();
                return protocol <= 5 ? true : throw _source.Fault($"its pickle is of protocol {protocol}, and 0 to 5 are known; save it again with torch.save's defaults");
            case PickleOpcode.Frame:
                // Only a hint for buffering.
                _source.UInt64();
                return true;
            default:
                return false;
        }
    }

    private readonly uint Index(ReadOnlySpan<byte> line) =>
        uint.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out uint index)
        ? index
        : throw _source.Fault("its pickle refers to an object by something that isn't a number; it is damaged");

    private readonly object? Recall(uint index) =>
        _memo.TryGetValue(index, out object? value)
        ? value
        : throw _source.Fault($"its pickle refers to object {index:N0}, which it doesn't have; it is damaged");

    private void Object(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Global:
                string module = Utf8(_source.Line());
                Push(Find(module, Utf8(_source.Line())));
                break;
            case PickleOpcode.StackGlobal:
                object?[] names = Take(2);
                Push(names is [string from, string name] ? Find(from, name) : throw _source.Fault("its pickle names a Python object by something that isn't text; it is damaged"));
                break;
            case PickleOpcode.Reduce or PickleOpcode.NewObj:
                object?[] call = Take(2);
                Push(Call(call[0], call[1]));
                break;
            case PickleOpcode.NewObjEx:
                object?[] keywordCall = Take(3);
                Push(keywordCall[2] is PickleDictionary { Entries.Count: 0 } ? Call(keywordCall[0], keywordCall[1]) : throw _source.Fault("its pickle passes arguments by name, which torch never does; save a plain state dict"));
                break;
            case PickleOpcode.Obj:
                object?[] classAndArguments = TakeToMark();
                Push(classAndArguments.Length > 0 ? Call(classAndArguments[0], classAndArguments[1..]) : throw Underflow());
                break;
            case PickleOpcode.Inst:
                string instanceModule = Utf8(_source.Line());
                PyTorchGlobal type = Find(instanceModule, Utf8(_source.Line()));
                Push(Call(type, TakeToMark()));
                break;
            case PickleOpcode.Build:
                // The state of an OrderedDict is its Python attributes (torch: _metadata, versions of layers): no weights.
                Pop();
                if (Peek<object?>("an object") is not (PickleDictionary or PyTorchTensor))
                {
                    throw _source.Fault("its pickle gives a state to something that has none; it is damaged");
                }

                break;
            case PickleOpcode.BinPersId:
                PyTorchStorage storage = PyTorchStorage.FromPersistentId(Pop()) ?? throw _source.Fault("its pickle refers to data outside it in a way torch never does; it is damaged");
                _storages.TryAdd(storage.Key, storage);
                Push(storage);
                break;
            default:
                throw _source.Fault($"its pickle has the instruction 0x{(byte)opcode:x2}, which torch never writes; it is damaged or no file of torch.save");
        }
    }

    private readonly PyTorchGlobal Find(string module, string name) =>
        PyTorchGlobal.Find(module, name) ?? throw _source.Fault(PyTorchGlobal.Refusal(module, name));

    private object? Call(object? function, object? arguments)
    {
        if (function is not PyTorchGlobal global || arguments is not object?[] tuple)
        {
            throw _source.Fault("its pickle calls something that is no function; it is damaged");
        }

        if (tuple is [List<object?> list])
        {
            _copies += list.Count;
        }
        else if (tuple is [object?[] elements])
        {
            _copies += elements.Length;
        }

        if (_copies > MaximumCopies)
        {
            throw _source.Fault("its pickle copies more objects than any model; it is damaged or hostile");
        }

        return global.Call(tuple, out object? result)
            ? result
            : throw _source.Fault($"its pickle calls {global.Name} with arguments that torch never writes; it is damaged");
    }

    private readonly void Push(object? value) => _stack.Add(value);

    private readonly object? Pop()
    {
        object? top = Peek<object?>("an object");
        _stack.RemoveAt(_stack.Count - 1);
        return top;
    }

    private readonly T Peek<T>(string what)
    {
        if (_stack.Count == (_marks.Count > 0 ? _marks[^1] : 0))
        {
            throw Underflow();
        }

        object? top = _stack[^1];
        return top is T or null && default(T) is null && (top is not null || typeof(T) == typeof(object))
            ? (T)top!
            : throw _source.Fault($"its pickle needs {what} where there is none; it is damaged");
    }

    private readonly object?[] Take(int count)
    {
        if (_stack.Count - count < (_marks.Count > 0 ? _marks[^1] : 0))
        {
            throw Underflow();
        }

        object?[] taken = [.. _stack[^count..]];
        _stack.RemoveRange(_stack.Count - count, count);
        return taken;
    }

    private readonly object?[] TakeToMark()
    {
        if (_marks.Count == 0)
        {
            throw Underflow();
        }

        int start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        object?[] taken = [.. _stack[start..]];
        _stack.RemoveRange(start, taken.Length);
        return taken;
    }

    private readonly InvalidModelFileException Underflow() => _source.Fault("its pickle takes more objects than it has; it is cut off or damaged");
}
