namespace VggTransfer.Keras.Initializers;

/// <summary>Keras's names of the initializers, in snake case, as class names, and the old short ones.</summary>
internal static class InitializerNames
{
    private static readonly Dictionary<string, Func<Initializer>> s_initializers = new(StringComparer.Ordinal)
    {
        ["glorot_uniform"] = () => new GlorotUniform(),
        ["glorot_normal"] = () => new GlorotNormal(),
        ["he_uniform"] = () => new HeUniform(),
        ["he_normal"] = () => new HeNormal(),
        ["lecun_uniform"] = () => new LecunUniform(),
        ["lecun_normal"] = () => new LecunNormal(),
        ["zeros"] = () => new Zeros(),
        ["ones"] = () => new Ones(),
        ["constant"] = () => new Constant(),
        ["random_uniform"] = () => new RandomUniform(),
        ["random_normal"] = () => new RandomNormal(),
        ["truncated_normal"] = () => new TruncatedNormal(),
        ["variance_scaling"] = () => new VarianceScaling(),
    };

    /// <exception cref="ArgumentException">There is no such initializer.</exception>
    public static Initializer Find(string name)
    {
        string known = name switch
        {
            "zero" => "zeros",
            "one" => "ones",
            "uniform" => "random_uniform",
            "normal" => "random_normal",
            _ => KerasNaming.ToSnakeCase(name),
        };
        return s_initializers.TryGetValue(known, out Func<Initializer>? create)
            ? create()
            : throw new ArgumentException($"There is no initializer '{name}'; there are {string.Join(", ", s_initializers.Keys)}.", nameof(name));
    }
}
