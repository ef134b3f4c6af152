
namespace VggTransfer.Weights.Formats.Onnx;

/// <summary>Who makes and who takes each value of a graph, and the one way from its input to its last layer with weights.</summary>
internal sealed class OnnxConnections
{
    // Operators that multiply with weights. Where the graph forks, the branch with weights is the network's.
    private static readonly HashSet<string> s_weighted = new(StringComparer.Ordinal)
    {
        "Conv", "ConvTranspose", "Gemm", "MatMul", "ConvInteger", "MatMulInteger", "QLinearConv", "QLinearMatMul",
        "FusedConv", "FusedGemm", "FusedMatMul", "LSTM", "GRU", "RNN",
    };

    // Which of several branches without weights is the network's own: the rest are outputs.
    private static readonly string[] s_tail = ["BatchNormalization", "Relu", "Add", "MaxPool", "Dropout", "Cast", "Identity", "Transpose", "Flatten", "Reshape"];

    private readonly Dictionary<string, List<OnnxNode>> _consumers = new(StringComparer.Ordinal);
    private readonly HashSet<string> _computed = new(StringComparer.Ordinal);
    private readonly HashSet<OnnxNode> _leadingToWeights = [];

    /// <exception cref="InvalidModelFileException">The graph is cyclic, or has a value twice.</exception>
    public OnnxConnections(OnnxDocument document)
    {
        foreach (OnnxNode node in document.Nodes)
        {
            foreach (string output in node.Outputs.Where(output => output.Length > 0))
            {
                if (!Producers.TryAdd(output, node) || document.Initializers.ContainsKey(output))
                {
                    throw document.Source.Fault($"its graph makes the value '{MessageText.Shorten(output)}' twice");
                }
            }

            foreach (string input in node.Inputs.Where(input => input.Length > 0).Distinct(StringComparer.Ordinal))
            {
                if (!_consumers.TryGetValue(input, out List<OnnxNode>? consumers))
                {
                    _consumers[input] = consumers = [];
                }

                consumers.Add(node);
            }
        }

        CheckOrder(document);
        MarkComputed(document);
        MarkLeadingToWeights(document);
    }

    /// <summary>The node behind each value.</summary>
    public Dictionary<string, OnnxNode> Producers { get; } = new(StringComparer.Ordinal);

    /// <summary>Whether a value depends on the graph's input.</summary>
    public bool IsComputed(string value) => _computed.Contains(value);

    /// <summary>Whether weights lie behind a value.</summary>
    public bool LeadsToWeights(string value) => ConsumersOf(value).Any(_leadingToWeights.Contains);

    /// <summary>The nodes that may be the network's next: one where the way is clear, none at the end, more where it forks.</summary>
    public IReadOnlyList<OnnxNode> Next(string value)
    {
        List<OnnxNode> consumers = [.. ConsumersOf(value)];
        List<OnnxNode> weighted = consumers.FindAll(_leadingToWeights.Contains);
        if (weighted.Count > 0 || consumers.Count <= 1)
        {
            return weighted.Count > 0 ? weighted : consumers;
        }

        foreach (string operation in s_tail)
        {
            if (consumers.Find(node => node.Operator == operation) is { } next)
            {
                return [next];
            }
        }

        return [consumers[0]];
    }

    // Computing with shapes isn't computing with the image.
    private static bool IsAboutShape(OnnxNode node) => node.QualifiedOperator is "Shape" or "Size";

    private IEnumerable<OnnxNode> ConsumersOf(string value) =>
        _consumers.TryGetValue(value, out List<OnnxNode>? consumers) ? consumers.Where(node => !IsAboutShape(node)) : [];

    private void CheckOrder(OnnxDocument document)
    {
        Dictionary<OnnxNode, int> waiting = [];
        var ready = new Queue<OnnxNode>();
        foreach (OnnxNode node in document.Nodes)
        {
            waiting[node] = node.Inputs.Where(Producers.ContainsKey).Distinct(StringComparer.Ordinal).Count();
            if (waiting[node] == 0)
            {
                ready.Enqueue(node);
            }
        }

        int done = 0;
        for (; ready.TryDequeue(out OnnxNode? node); done++)
        {
            foreach (OnnxNode next in node.Outputs.Where(output => output.Length > 0).SelectMany(output => _consumers.GetValueOrDefault(output) ?? []))
            {
                if (--waiting[next] == 0)
                {
                    ready.Enqueue(next);
                }
            }
        }

        if (done < document.Nodes.Count)
        {
            throw document.Source.Fault($"its graph is cyclic: {waiting.First(pair => pair.Value > 0).Key.Display} waits for its own output");
        }
    }

    private void MarkComputed(OnnxDocument document)
    {
        var open = new Stack<string>(document.Inputs.Select(input => input.Name));
        while (open.TryPop(out string? value))
        {
            if (_computed.Add(value) && _consumers.TryGetValue(value, out List<OnnxNode>? consumers))
            {
                foreach (string output in consumers.SelectMany(node => node.Outputs))
                {
                    open.Push(output);
                }
            }
        }
    }

    private void MarkLeadingToWeights(OnnxDocument document)
    {
        var open = new Stack<OnnxNode>(document.Nodes.Where(node => s_weighted.Contains(node.Operator)));
        while (open.TryPop(out OnnxNode? node))
        {
            if (!IsAboutShape(node) && _leadingToWeights.Add(node))
            {
                foreach (string input in node.Inputs)
                {
                    if (Producers.TryGetValue(input, out OnnxNode? producer))
                    {
                        open.Push(producer);
                    }
                }
            }
        }
    }
}
