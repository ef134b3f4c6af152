using VggTransfer.Weights.Formats.Protobuf;

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
    private const int LongestName = 10_000;

    /// <exception cref="InvalidModelFileException">It isn't one.</exception>
    public static IReadOnlyList<ObjectNode> Parse(ReadOnlyMemory<byte> message, ProtobufSource source)
    {
        var nodes = new List<ObjectNode>();
        var reader = new ProtobufReader(message, source);
        while (reader.Next())
        {
            if (reader.Field != 1)
            {
                reader.Skip();
                continue;
            }

            if (nodes.Count >= MaximumNodes)
            {
                throw source.Fault($"it lists more than {MaximumNodes:N0} objects, and a VGG has a few hundred");
            }

            nodes.Add(ParseNode(reader.ReadMessage()));
        }

        return nodes;
    }

    private static ObjectNode ParseNode(ProtobufReader node)
    {
        var children = new Dictionary<string, int>(StringComparer.Ordinal);
        string? key = null;
        string? fullName = null;
        while (node.Next())
        {
            switch (node.Field)
            {
                case 1:
                    (int id, string name) = ParseReference(node.ReadMessage());
                    children[name] = id;
                    break;
                case 2:
                    string[] attribute = ParseStrings(node.ReadMessage());
                    if (attribute[0] == "VARIABLE_VALUE")
                    {
                        (fullName, key) = (attribute[1], attribute[2]);
                    }

                    break;
                default:
                    node.Skip();
                    break;
            }
        }

        return new ObjectNode(children, key, fullName);
    }

    private static (int Id, string Name) ParseReference(ProtobufReader reference)
    {
        int id = 0;
        string name = "";
        while (reference.Next())
        {
            switch (reference.Field)
            {
                case 1:
                    id = unchecked((int)reference.ReadInteger());
                    break;
                case 2:
                    name = reference.ReadString(LongestName, "an object's name");
                    break;
                default:
                    reference.Skip();
                    break;
            }
        }

        return (id, name);
    }

    private static string[] ParseStrings(ProtobufReader attribute)
    {
        string[] strings = ["", "", ""];
        while (attribute.Next())
        {
            if (attribute.Field <= strings.Length)
            {
                strings[attribute.Field - 1] = attribute.ReadString(LongestName, "a variable's name");
            }
            else
            {
                attribute.Skip();
            }
        }

        return strings;
    }
}
