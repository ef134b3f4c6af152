using System.Text.RegularExpressions;

namespace VggTransfer.Keras.Optimizers;

/// <summary>
/// How weights follow from gradients (keras/src/optimizers). An optimizer describes; the engine does. It belongs to one
/// model. Keras's names work too: <c>"sgd"</c>, <c>"adam"</c>.
/// </summary>
public abstract class Optimizer
{
    private readonly List<Regex> _withoutDecay = [];
    private readonly List<(Regex Names, double Factor)> _rateFactors = [];
    private LearningRate _learningRate;
    private int _gradientAccumulationSteps = 1;

    /// <param name="learningRate">A number or a schedule.</param>
    /// <param name="options">What all optimizers have in common.</param>
    private protected Optimizer(LearningRate learningRate, UpdateOptions? options = null)
    {
        _learningRate = learningRate;
        Options = (options ?? new UpdateOptions()).Checked();
    }

    /// <summary>
    /// Steps whose gradients, as their mean, make one update, 1 or more: with as many smaller batches the update is that of one
    /// big batch (Keras 3's <c>gradient_accumulation_steps</c>). <see cref="Iterations"/>, schedules and averages count updates. An
    /// update that an epoch's end cuts short goes on in the next epoch. Set it before the training: it takes effect at the next
    /// compilation.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Setting it to less than 1.</exception>
    public int GradientAccumulationSteps
    {
        get => _gradientAccumulationSteps;
        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            _gradientAccumulationSteps = value;
        }
    }

    /// <summary>The number of updates done.</summary>
    public long Iterations { get; internal set; }

    /// <summary>Whether the rate follows a schedule, and so can't be set.</summary>
    public bool HasSchedule => _learningRate.Schedule is not null;

    /// <summary>The rate of the next update, in 4-byte precision, as Keras shows it.</summary>
    /// <exception cref="InvalidOperationException">Setting it, where there is a schedule.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Setting it to less than 0, or to no number.</exception>
    public double LearningRate
    {
        get => _learningRate.At(Iterations);
        set
        {
            if (HasSchedule)
            {
                throw new InvalidOperationException("This optimizer's learning rate follows a schedule and can't be set; give the optimizer a number instead.");
            }

            _learningRate = value;
        }
    }

    /// <summary>Keras's name of it: <c>SGD</c>.</summary>
    public virtual string Name => GetType().Name;

    /// <summary>What all optimizers have in common.</summary>
    internal UpdateOptions Options { get; }

    /// <summary>The expressions of <see cref="ExcludeFromWeightDecay"/>.</summary>
    internal IEnumerable<string> WithoutDecay => _withoutDecay.Select(pattern => pattern.ToString());

    /// <summary>The expressions and factors of <see cref="ScaleLearningRate"/>, in the order of the calls.</summary>
    internal IEnumerable<(string Names, double Factor)> RateFactors => _rateFactors.Select(item => (item.Names.ToString(), item.Factor));

    /// <summary>The number or schedule that the rate comes from.</summary>
    internal LearningRate Rate => _learningRate;

    /// <summary>An optimizer by Keras's name, with Keras's defaults.</summary>
    /// <exception cref="ArgumentException">There is no such optimizer.</exception>
    public static implicit operator Optimizer(string name) => FromName(name);

    /// <inheritdoc cref="op_Implicit(string)"/>
    public static Optimizer FromName(string name) => OptimizerNames.Find(name);

    /// <summary>Exempts weights from weight decay. Call it before the training.</summary>
    /// <param name="names">
    /// Regular expressions, as in Keras: weights in whose <c>layer/variable</c> one is found aren't decayed (<c>"bias"</c>).
    /// </param>
    /// <exception cref="ArgumentException">An expression isn't valid.</exception>
    public void ExcludeFromWeightDecay(params string[] names) => _withoutDecay.AddRange(names.Select(Pattern));

    /// <summary>
    /// Gives weights a rate of their own, as a share of the optimizer's (discriminative learning rates; Howard and Ruder, ULMFiT,
    /// 2018). Weight decay, which is in proportion to the rate, goes along; <see cref="LearningRate"/> stays as it is. Call it before
    /// the training.
    /// </summary>
    /// <param name="names">
    /// A regular expression: weights in whose <c>layer/variable</c> it is found have the factor (<c>"block5_"</c>). Of several that
    /// fit, the one given last counts, alone, so that exceptions follow their rule.
    /// </param>
    /// <param name="factor">0 or more; with 0 the weights stay as they are.</param>
    /// <exception cref="ArgumentException">The expression isn't valid.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The factor is negative or no finite number.</exception>
    public void ScaleLearningRate(string names, double factor)
    {
        ArgumentNullException.ThrowIfNull(names);
        _rateFactors.Add((Pattern(names), HyperParameter.NotNegative(factor)));
    }

    /// <summary>Takes on another rate, also in place of a schedule.</summary>
    internal void Use(LearningRate rate) => _learningRate = rate;

    /// <summary>Whether weight decay acts on a weight.</summary>
    internal bool Decays(string variable) => !_withoutDecay.Exists(pattern => pattern.IsMatch(variable));

    /// <summary>The rate of a weight as a share of the optimizer's.</summary>
    internal double RateFactorOf(string variable)
    {
        int last = _rateFactors.FindLastIndex(item => item.Names.IsMatch(variable));
        return last < 0 ? 1 : _rateFactors[last].Factor;
    }

    /// <summary>The rate of the next update, as the update uses it.</summary>
    /// <param name="doublePrecision">Whether the weights are 8-byte numbers.</param>
    internal virtual double RateOfNextUpdate(bool doublePrecision) => doublePrecision ? _learningRate.ExactAt(Iterations) : _learningRate.At(Iterations);

    private static Regex Pattern(string names) => new(names, RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
}
