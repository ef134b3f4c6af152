
namespace VggTransfer.Tests.House;

/// <summary>Namespaces use each other in one direction. Oracle: the compiled assemblies.</summary>
public sealed class NamespaceCyclesTests
{
    /// <summary>The uses against the direction that are allowed, each with its reason: what <c>From</c> needs of <c>To</c>.</summary>
    private static readonly Dictionary<string, (string From, string To, string Reason)[]> s_allowed = new(StringComparer.Ordinal)
    {
        ["VggTransfer.Weights"] = [],
        ["VggTransfer"] = [],
        ["VggTransfer.Training"] =
        [
            ("VggTransfer.Keras.Callbacks", "VggTransfer.Keras.Models", "a callback is given its model, as in Keras, and Fit calls callbacks"),
        ],
    };

    public static TheoryData<string> Assemblies => [.. s_allowed.Keys];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Namespaces_use_each_other_in_one_direction(string assembly)
    {
        using var compiled = new CompiledAssembly(assembly);
        Dictionary<(string From, string To), SortedSet<string>> uses = compiled.NamespaceUses();
        HashSet<(string From, string To)> allowed = [.. s_allowed[assembly].Select(entry => (entry.From, entry.To))];

        IReadOnlyList<IReadOnlyList<string>> knots = new NamespaceGraph(uses.Keys.Where(pair => !allowed.Contains(pair))).Knots();

        Assert.True(knots.Count == 0, $"""
            Namespaces of {assembly} use each other in a circle. Move a type to where it belongs, or turn a call round.
            {string.Join('\n', knots.Select(Describe))}
            """);

        string Describe(IReadOnlyList<string> knot) => $"{string.Join(", ", knot)}:\n" + string.Join('\n', uses
            .Where(use => knot.Contains(use.Key.From) && knot.Contains(use.Key.To) && !allowed.Contains(use.Key))
            .OrderBy(use => use.Value.Count)
            .Select(use => $"  {use.Key.From} -> {use.Key.To} ({use.Value.Count}): {string.Join(", ", use.Value.Take(3))}"));
    }

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Every_allowed_use_closes_a_circle(string assembly)
    {
        using var compiled = new CompiledAssembly(assembly);
        HashSet<(string From, string To)> uses = [.. compiled.NamespaceUses().Keys];
        (string From, string To)[] allowed = [.. s_allowed[assembly].Select(entry => (entry.From, entry.To))];

        Assert.All(allowed, entry =>
        {
            Assert.Contains(entry, uses);
            var others = new NamespaceGraph(uses.Except(allowed.Where(other => other != entry)));
            Assert.True(others.Knots().Count > 0, $"{entry.From} -> {entry.To} closes no circle any more; take it from the list");
        });
    }

    [Fact]
    public void Circle_is_found_whatever_hangs_on_it()
    {
        var graph = new NamespaceGraph([("Top", "A"), ("A", "B"), ("B", "C"), ("C", "A"), ("C", "Bottom"), ("Other", "Bottom"), ("Top", "Other")]);

        Assert.Equal(["A", "B", "C"], Assert.Single(graph.Knots()));
    }
}
