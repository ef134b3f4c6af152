using System.Buffers.Binary;
using System.Text;
using VggTransfer.Tests.Fixtures;
using VggTransfer.Weights.Formats.Safetensors;

namespace VggTransfer.Tests.Safetensors;

/// <summary>Oracle for what is refused: the format's description and its own implementation (safetensors 0.8).</summary>
public sealed class SafetensorsFileTests
{
    private const string Valid = """{"__metadata__":{"format":"pt"},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"c":{"dtype":"F16","shape":[0,7],"data_offsets":[12,12]},"d":{"dtype":"I8","shape":[3,1],"data_offsets":[1,4]}}""";

    [Fact]
    public void Tensors_of_all_types_are_listed_in_the_order_of_their_bytes()
    {
        using SafetensorsFile file = SafetensorsFile.Parse(Bytes(Valid + "   \n", [1, 2, 3, 4, 0, 0, 128, 63, 0, 0, 0, 64]));

        Assert.Equal(["a", "d", "b", "c"], file.Tensors.Select(tensor => tensor.Name));
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal([2, 3, 4], file.Find("d")!.Data.ToArray());
        Assert.Equal([3, 1], file.Find("d")!.Shape);
        Assert.Empty(file.Find("a")!.Shape);
        Assert.Equal([1f, 2f], file.Find("b")!.ToModelTensor().ToSingles());
        Assert.Equal(0, file.Find("c")!.Data.Length);
        Assert.Null(file.Find("e"));
        Assert.Throws<NotSupportedException>(() => file.Find("a")!.ToModelTensor());
        Assert.Throws<NotSupportedException>(() => file.Find("c")!.ToModelTensor());
    }

    public static TheoryData<string, string, string> MalformedHeaders => new()
    {
        { "[1,2]", "", "its header isn't a JSON object, so this is no safetensors file" },
        { " {}", "", "its header isn't a JSON object, so this is no safetensors file" },
        { "", "", "its header isn't a JSON object, so this is no safetensors file" },
        { "{", "", "its header isn't valid JSON" },
        { "{}x", "", "its header isn't valid JSON" },
        { "{}{}", "", "its header isn't valid JSON" },
        { "{/**/}", "", "its header isn't valid JSON" },
        { """{"a":1,}""", "", "tensor 'a' must be an object in its header" },
        { """{"a":[]}""", "", "tensor 'a' must be an object in its header" },
        { """{"a":{"dtype":{"x":{"y":{}}}}}""", "", "the dtype of tensor 'a' must be a string in its header" },
        { """{"\ud800":{}}""", "", "its header isn't valid JSON" },
        { """{"":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}""", "x", "it has a tensor without a name" },
        { """{"a\n":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}""", "x", "it has a tensor with control characters in its name" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}""", "xx", "it has tensor 'a' twice" },
        { """{"a":{"dtype":"U8","dtype":"U8","shape":[],"data_offsets":[0,1]}}""", "x", "tensor 'a' has 'dtype' twice" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1],"more":1}}""", "x", "tensor 'a' has a field that is none of dtype, shape and data_offsets" },
        { """{"a":{"shape":[],"data_offsets":[0,1]}}""", "x", "tensor 'a' lacks its dtype" },
        { """{"a":{"dtype":"U8","data_offsets":[0,1]}}""", "x", "tensor 'a' lacks its shape" },
        { """{"a":{"dtype":"U8","shape":[]}}""", "x", "tensor 'a' lacks its data_offsets" },
        { """{"a":{"dtype":"F33","shape":[],"data_offsets":[0,1]}}""", "x", "tensor 'a' has a dtype that isn't known here; F32, F16 and BF16 are the ones for weights" },
        { """{"a":{"dtype":"U8","shape":[-1],"data_offsets":[0,1]}}""", "x", "the shape of tensor 'a' isn't a list of whole numbers from 0 to 2,147,483,647" },
        { """{"a":{"dtype":"U8","shape":[1.0],"data_offsets":[0,1]}}""", "x", "the shape of tensor 'a' isn't a list of whole numbers from 0 to 2,147,483,647" },
        { """{"a":{"dtype":"U8","shape":[2147483648],"data_offsets":[0,1]}}""", "x", "the shape of tensor 'a' isn't a list of whole numbers from 0 to 2,147,483,647" },
        { """{"a":{"dtype":"U8","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"data_offsets":[0,1]}}""", "x", "tensor 'a' has more than 16 dimensions" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[0]}}""", "x", "data_offsets of tensor 'a' must be whole numbers in its header" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1,2]}}""", "x", "data_offsets of tensor 'a', after two numbers, must be at its end in its header" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[-1,0]}}""", "x", "data_offsets of tensor 'a' aren't two whole numbers from 0 on" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[1,0]}}""", "x", "tensor 'a' ends before it begins" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[0,9223372036854775808]}}""", "x", "data_offsets of tensor 'a' aren't two whole numbers from 0 on" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[0,9223372036854775807]}}""", "x", "tensor 'a' of type U8 and shape () takes 1 bytes, and its data_offsets span 9,223,372,036,854,775,807" },
        { """{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,1]}}""", "x", "tensor 'a' of shape (2147483647, 2147483647, 2147483647) is larger than any file" },
        { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "xxxx", "tensor 'a' of type F32 and shape (2) takes 8 bytes, and its data_offsets span 4" },
        { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "xxx", "tensor 'a' reaches 1 bytes past the file's end; the file is cut off or damaged" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]}}""", "xy", "1 bytes follow its last tensor, which no tensor claims" },
        { "{}", "xy", "2 bytes follow its last tensor, which no tensor claims" },
        { """{"a":{"dtype":"U8","shape":[],"data_offsets":[1,2]}}""", "xy", "tensor 'a' follows a hole of 1 bytes" },
        { """{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}""", "xyz", "tensor 'b' overlaps the tensor before it" },
        { """{"__metadata__":[]}""", "", "'__metadata__' must be an object in its header" },
        { """{"__metadata__":{"a":1}}""", "", "every value of '__metadata__' must be a string in its header" },
        { """{"__metadata__":{"a":"1","a":"2"}}""", "", "its '__metadata__' has the same key twice" },
        { """{"__metadata__":{},"__metadata__":{}}""", "", "it has '__metadata__' twice" },
    };

    [Theory]
    [MemberData(nameof(MalformedHeaders))]
    public void Malformed_header_is_refused_with_its_reason(string header, string data, string reason)
    {
        var exception = Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Parse(Bytes(header, Encoding.ASCII.GetBytes(data)), "x.safetensors"));

        Assert.Equal(reason, exception.Reason);
        Assert.Equal(("x.safetensors", "safetensors"), (exception.Path, exception.Format));
        Assert.StartsWith("'x.safetensors' isn't a usable safetensors file", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Fault_is_located_in_the_file()
    {
        var exception = Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Parse(Bytes("""{"a":7}""", [])));

        Assert.Equal(8 + 5, exception.Position);
    }

    [Theory]
    [InlineData(0, "it is empty")]
    [InlineData(7, "it is cut off within its first 8 bytes")]
    public void Short_file_is_refused(int length, string reason) =>
        Assert.Equal(reason, Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Parse(new byte[length])).Reason);

    [Theory]
    [InlineData(100_000_001, "its header claims 100,000,001 bytes, above the format's limit of 100,000,000, so this is probably a file of another kind")]
    [InlineData(ulong.MaxValue, "its header claims 18,446,744,073,709,551,615 bytes, above the format's limit of 100,000,000, so this is probably a file of another kind")]
    [InlineData(100_000_000, "its header claims 100,000,000 bytes, and the file has 2 after the length; it is cut off or a file of another kind")]
    public void Length_of_the_header_is_checked_before_it_is_believed(ulong length, string reason)
    {
        byte[] bytes = Bytes("{}", []);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);

        Assert.Equal(reason, Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Parse(bytes)).Reason);
    }

    [Fact]
    public void Header_that_isnt_UTF8_is_refused()
    {
        byte[] bytes = Bytes("""{"a":{}}""", []);
        bytes[10] = 0xFF;

        Assert.Equal("its header isn't UTF-8 text", Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Parse(bytes)).Reason);
    }

    [Fact]
    public void Every_cut_of_a_sound_file_is_refused()
    {
        byte[] bytes = Bytes(Valid, new byte[12]);

        for (int length = 0; length < bytes.Length; length++)
        {
            Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Parse(bytes.AsMemory(0, length)));
        }
    }

    [Fact]
    public void Missing_file_and_folder_are_told_apart()
    {
        using var folder = new TemporaryFolder();

        Assert.Equal("it is a folder, not a file", Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Open(folder.Path)).Reason);
        Assert.Equal(folder.File("no"), Assert.Throws<FileNotFoundException>(() => SafetensorsFile.Open(folder.File("no"))).FileName);
    }

    [Fact]
    public void Empty_file_on_disk_is_refused()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("empty"), []);

        Assert.Equal("it is empty", Assert.Throws<InvalidModelFileException>(() => SafetensorsFile.Open(folder.File("empty"))).Reason);
    }

    [Fact]
    public void Bytes_of_a_disposed_file_cant_be_read_any_more_unless_they_are_pinned()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("f"), Bytes(Valid, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        SafetensorsFile file = SafetensorsFile.Open(folder.File("f"));
        ReadOnlyMemory<byte> data = file.Find("d")!.Data;
        Assert.Equal([2, 3, 4], data.ToArray());

        unsafe
        {
            using System.Buffers.MemoryHandle pinned = data.Pin();
            file.Dispose();
            file.Dispose();
            Assert.Equal(3, ((byte*)pinned.Pointer)[1]);
        }

        Assert.Throws<ObjectDisposedException>(() => data.ToArray());
    }

    [Fact]
    public void Open_file_can_be_replaced()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("f"), Bytes(Valid, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]));
        using SafetensorsFile file = SafetensorsFile.Open(folder.File("f"));

        File.Move(folder.File("f"), folder.File("g"));
        File.WriteAllBytes(folder.File("f"), []);

        Assert.Equal([2, 3, 4], file.Find("d")!.Data.ToArray());
    }

    // Oracle: what safetensors' own Python package wrote.
    [Fact]
    public void Integers_of_a_golden_file_are_listed_beside_floats()
    {
        using SafetensorsFile file = SafetensorsFile.Open(SharedData.Require("goldens/keras/batches.safetensors"));

        Assert.Equal(SafetensorsDataType.U8, file.Find("x")!.DataType);
        Assert.Equal([152, 32, 32, 3], file.Find("x")!.Shape);
        Assert.Equal(SafetensorsDataType.I64, file.Find("y")!.DataType);
        Assert.InRange(BinaryPrimitives.ReadInt64LittleEndian(file.Find("y")!.Data.Span), 0, 9);
    }

    internal static byte[] Bytes(string header, byte[] data)
    {
        byte[] json = Encoding.UTF8.GetBytes(header);
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        return [.. length, .. json, .. data];
    }
}
