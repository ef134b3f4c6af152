using Google.Protobuf;

namespace VggTransfer.Weights.Formats.TensorFlow;

/// <summary>An object that a checkpoint saved.</summary>
/// <param name="Children">The objects it holds, by the names of its attributes.</param>
/// <param name="Key">The key of its value, if it is a variable; else null.</param>
/// <param name="FullName">The variable's name, such as <c>block1_conv1/kernel</c>; else null.</param>
internal sealed record ObjectNode(IReadOnlyDictionary<string, int> Children, string? Key, string? FullName);

/// <summary>
/// What a checkpoint of TensorFlow 2 says of the objects whose variables it holds (TrackableObjectGraph in
/// tensorflow/core/protobuf/trackable_object_graph.proto). Of a Keras model, all layers are in it in the network's order,
/// those without weights too.
/// </summary>
internal static class ObjectGraph
{
    /// <summary>The entry that holds it.</summary>
    public const string Key = "_CHECKPOINTABLE_OBJECT_GRAPH";

    private const int MaximumNodes = 200_000;

    /// <exception cref="FormatException">It isn't one.</exception>
    public static IReadOnlyList<ObjectNode> Parse(ReadOnlyMemory<byte> message)
    {
        var nodes = new List<ObjectNode>();
        ProtoFields.Read(message, (field, input) =>
        {
            if (field != (1, WireFormat.WireType.LengthDelimited))
            {
                return false;
            }

            if (nodes.Count >= MaximumNodes)
            {
                throw new FormatException($"it lists more than {MaximumNodes:N0} objects, and a VGG has a few hundred");
            }

            nodes.Add(ParseNode(input.ReadBytes().Memory));
            return true;
        });
        return nodes;
    }

    private static ObjectNode ParseNode(ReadOnlyMemory<byte> message)
    {
        var children = new Dictionary<string, int>(StringComparer.Ordinal);
        string? key = null;
        string? fullName = null;
        ProtoFields.Read(message, (field, input) =>
        {
            switch (field)
            {
                case (1, WireFormat.WireType.LengthDelimited):
                    (int id, string name) = ParseReference(input.ReadBytes().Memory);
                    children[name] = id;
                    return true;
                case (2, WireFormat.WireType.LengthDelimited):
                    string[] attribute = ParseStrings(input.ReadBytes().Memory);
                    if (attribute[0] == "VARIABLE_VALUE")
                    {
                        (fullName, key) = (attribute[1], attribute[2]);
                    }

                    return true;
                default:
                    return false;
            }
        });
        return new ObjectNode(children, key, fullName);
    }

    private static (int Id, string Name) ParseReference(ReadOnlyMemory<byte> message)
    {
        int id = 0;
        string name = "";
        ProtoFields.Read(message, (field, input) =>
        {
            switch (field)
            {
                case (1, WireFormat.WireType.Varint):
                    id = input.ReadInt32();
                    return true;
                case (2, WireFormat.WireType.LengthDelimited):
                    name = input.ReadString();
                    return true;
                default:
                    return false;
            }
        });
        return (id, name);
    }

    private static string[] ParseStrings(ReadOnlyMemory<byte> message)
    {
        string[] strings = ["", "", ""];
        ProtoFields.Read(message, (field, input) =>
        {
            if (field is not ((>= 1 and <= 3), WireFormat.WireType.LengthDelimited))
            {
                return false;
            }

            strings[field.Number - 1] = input.ReadString();
            return true;
        });
        return strings;
    }
}
