using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using VggTransfer.Models;

namespace VggTransfer.Weights.Formats.PyTorch;

/// <summary>
/// Writes the pickle of a state dict as torch does, in protocol 2: an OrderedDict of tensors, each a call of
/// <c>torch._utils._rebuild_tensor_v2</c> on a storage of its own. <c>torch.load(weights_only=True)</c> knows all of it.
/// </summary>
internal sealed class PickleWriter
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    private PickleWriter()
    {
    }

    /// <summary>The pickle; the storage of tensor i has the key i.</summary>
    /// <param name="tensors">The tensors in their order.</param>
    /// <param name="type">What they are stored as; null for each as it is.</param>
    public static ReadOnlyMemory<byte> StateDict(IReadOnlyList<ModelTensor> tensors, TensorType? type)
    {
        var writer = new PickleWriter();
        writer.Write(PickleOpcode.Proto);
        writer._bytes.Write((ReadOnlySpan<byte>)[2]);
        writer.EmptyOrderedDictionary();
        writer.Write(PickleOpcode.Mark);
        for (int i = 0; i < tensors.Count; i++)
        {
            writer.Text(tensors[i].Name);
            writer.Tensor(tensors[i], type ?? tensors[i].Type, i);
        }

        writer.Write(PickleOpcode.SetItems);
        writer.Write(PickleOpcode.Stop);
        return writer._bytes.WrittenMemory;
    }

    private void Tensor(ModelTensor tensor, TensorType type, int key)
    {
        Global("torch._utils", "_rebuild_tensor_v2");
        Write(PickleOpcode.Mark);
        Write(PickleOpcode.Mark);
        Text("storage");
        Global("torch", type switch
        {
            TensorType.Float32 => "FloatStorage",
            TensorType.Float16 => "HalfStorage",
            _ => "BFloat16Storage",
        });
        Text(key.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Text("cpu");
        Number(tensor.ElementCount);
        Write(PickleOpcode.Tuple);
        Write(PickleOpcode.BinPersId);

        // Offset, size, strides, requires_grad, hooks.
        Number(0);
        Numbers(tensor.Shape.Select(dimension => (long)dimension));
        Numbers(tensor.Shape.Select((_, axis) => tensor.Shape.Skip(axis + 1).Aggregate(1L, (product, dimension) => product * dimension)));
        Write(PickleOpcode.NewFalse);
        EmptyOrderedDictionary();
        Write(PickleOpcode.Tuple);
        Write(PickleOpcode.Reduce);
    }

    private void EmptyOrderedDictionary()
    {
        Global("collections", "OrderedDict");
        Write(PickleOpcode.EmptyTuple);
        Write(PickleOpcode.Reduce);
    }

    private void Global(string module, string name)
    {
        Write(PickleOpcode.Global);
        _bytes.Write(Encoding.ASCII.GetBytes($"{module}\n{name}\n"));
    }

    private void Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        Write(PickleOpcode.BinUnicode);
        BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(4), utf8.Length);
        _bytes.Advance(4);
        _bytes.Write(utf8);
    }

    private void Numbers(IEnumerable<long> numbers)
    {
        Write(PickleOpcode.Mark);
        foreach (long number in numbers)
        {
            Number(number);
        }

        Write(PickleOpcode.Tuple);
    }

    private void Number(long number)
    {
        if (number <= int.MaxValue)
        {
            Write(PickleOpcode.BinInt);
            BinaryPrimitives.WriteInt32LittleEndian(_bytes.GetSpan(4), (int)number);
            _bytes.Advance(4);
            return;
        }

        Write(PickleOpcode.Long1);
        _bytes.Write((ReadOnlySpan<byte>)[sizeof(long)]);
        BinaryPrimitives.WriteInt64LittleEndian(_bytes.GetSpan(sizeof(long)), number);
        _bytes.Advance(sizeof(long));
    }

    private void Write(PickleOpcode opcode) => _bytes.Write((ReadOnlySpan<byte>)[(byte)opcode]);
}
