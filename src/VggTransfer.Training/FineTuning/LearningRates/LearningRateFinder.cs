using VggTransfer.Keras.Data;
using VggTransfer.Keras.Models;
using VggTransfer.Keras.Optimizers;
using VggTransfer.Training;

namespace VggTransfer.FineTuning;

/// <summary>
/// Looks for a learning rate: trains a little with rates that grow from update to update, and watches the loss (Smith, Cyclical
/// Learning Rates for Training Neural Networks, 2015; in the form that fastai gave it, fastai/callback/schedule.py).
/// </summary>
public static class LearningRateFinder
{
    /// <summary>
    /// Tries rates. Afterwards the model is as it was: its weights, the optimizer's memory, count and rate. Weights with a rate of
    /// their own (<see cref="Optimizer.ScaleLearningRate"/>) keep their share of it.
    /// </summary>
    /// <param name="model">Compiled; which of its layers are trainable and what its optimizer remembers count, the optimizer's rate doesn't.</param>
    /// <param name="data">Batches with targets, as for <c>Fit</c>; read from pass 0 on, as often as it takes.</param>
    /// <param name="options">Which rates; null for the defaults.</param>
    /// <param name="cancellationToken">Ends the search before the next step; the model is then as it was, too.</param>
    /// <returns>The losses and what they suggest. The same model, data and options give the same on a CPU with as many threads.</returns>
    /// <exception cref="ArgumentException">An option is out of its range, or the dataset is empty.</exception>
    /// <exception cref="InvalidOperationException">The model isn't compiled, or its input shape isn't known.</exception>
    /// <exception cref="TrainingDivergedException">The loss isn't finite from the beginning.</exception>
    /// <exception cref="OperationCanceledException">The search was cancelled.</exception>
    public static LearningRateCurve Find(Model model, Dataset data, LearningRateFinderOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        options = (options ?? new LearningRateFinderOptions()).Checked();
        INetwork network = model.CompiledNetwork;
        network.ShowsAverages = false;
        Optimizer optimizer = model.Optimizer;
        Dictionary<string, NDArray> weights = network.Variables.ToDictionary(name => name, network.GetVariable, StringComparer.Ordinal);
        IReadOnlyDictionary<string, NDArray> slots = network.GetOptimizerState();
        (long iterations, LearningRate rate) = (optimizer.Iterations, optimizer.Rate);
        try
        {
            return new LearningRateCurve(Run(network, optimizer, data, options, cancellationToken));
        }
        finally
        {
            foreach ((string name, NDArray values) in weights)
            {
                network.SetVariable(name, values);
            }

            network.SetOptimizerState(slots);
            optimizer.Use(rate);
            optimizer.Iterations = iterations;
        }
    }

    private static List<LearningRatePoint> Run(INetwork network, Optimizer optimizer, Dataset data, LearningRateFinderOptions options, CancellationToken cancellationToken)
    {
        var points = new List<LearningRatePoint>();
        (double sum, double weight, double least) = (0, 0, double.PositiveInfinity);
        using IEnumerator<Batch> batches = ReadEndlessly(data, cancellationToken).GetEnumerator();
        for (int step = 0; step < options.Steps; step++)
        {
            double rate = options.From * Math.Pow(options.To / options.From, step / (options.Steps - 1.0));
            optimizer.Use(rate);
            double loss = Update(network, optimizer, batches, options.ClassWeight, cancellationToken);
            if (!double.IsFinite(loss))
            {
                return points.Count > 0 ? points : throw new TrainingDivergedException(0, 0, loss, network.FirstNonFinite(batches.Current));
            }

            sum = (options.Smoothing * sum) + ((1 - options.Smoothing) * loss);
            weight = (options.Smoothing * weight) + (1 - options.Smoothing);
            points.Add(new LearningRatePoint(rate, loss, sum / weight));
            least = Math.Min(least, sum / weight);
            if (sum / weight > options.DivergesAt * least)
            {
                break;
            }
        }

        return points;
    }

    /// <summary>As many steps as make an update; their mean loss.</summary>
    private static double Update(INetwork network, Optimizer optimizer, IEnumerator<Batch> batches, IReadOnlyDictionary<int, double>? classWeight, CancellationToken cancellationToken)
    {
        long before = optimizer.Iterations;
        (double sum, int steps) = (0, 0);
        while (optimizer.Iterations == before)
        {
            cancellationToken.ThrowIfCancellationRequested();
            batches.MoveNext();
            double loss = network.Train(batches.Current, classWeight).Loss;
            sum += loss;
            steps++;
            if (!double.IsFinite(loss))
            {
                break;
            }
        }

        return sum / steps;
    }

    private static IEnumerable<Batch> ReadEndlessly(Dataset data, CancellationToken cancellationToken)
    {
        for (int pass = 0; ; pass++)
        {
            bool isEmpty = true;
            foreach (Batch batch in data.Read(pass, 0, cancellationToken))
            {
                isEmpty = false;
                yield return batch;
            }

            if (isEmpty)
            {
                throw new ArgumentException("The data are empty; give at least one batch.", nameof(data));
            }
        }
    }
}
