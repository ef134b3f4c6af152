namespace VggTransfer.Tests.House;

/// <summary>Which namespaces use which.</summary>
internal sealed class NamespaceGraph(IEnumerable<(string From, string To)> uses)
{
    private readonly ILookup<string, string> _uses = uses.ToLookup(pair => pair.From, pair => pair.To, StringComparer.Ordinal);

    /// <summary>The groups of namespaces each of which uses, by way of the others, every other: the strongly connected components (Tarjan 1972).</summary>
    public IReadOnlyList<IReadOnlyList<string>> Knots()
    {
        var order = new Dictionary<string, int>(StringComparer.Ordinal);
        var lowest = new Dictionary<string, int>(StringComparer.Ordinal);
        var open = new Stack<string>();
        var knots = new List<IReadOnlyList<string>>();
        foreach (string name in _uses.Select(group => group.Key).Where(name => !order.ContainsKey(name)))
        {
            Visit(name);
        }

        return knots;

        void Visit(string name)
        {
            order[name] = lowest[name] = order.Count;
            open.Push(name);
            foreach (string used in _uses[name])
            {
                if (!order.TryGetValue(used, out int seen))
                {
                    Visit(used);
                    lowest[name] = Math.Min(lowest[name], lowest[used]);
                }
                else if (open.Contains(used))
                {
                    lowest[name] = Math.Min(lowest[name], seen);
                }
            }

            if (lowest[name] == order[name])
            {
                List<string> knot = [];
                while (knot.LastOrDefault() != name)
                {
                    knot.Add(open.Pop());
                }

                if (knot.Count > 1)
                {
                    knots.Add([.. knot.Order(StringComparer.Ordinal)]);
                }
            }
        }
    }
}
