namespace VggTransfer.Classification;

/// <summary>Where a search ended.</summary>
/// <param name="Point">The best point.</param>
/// <param name="Value">The function there.</param>
/// <param name="SquaredGradient">The gradient's scalar product with itself there.</param>
/// <param name="Evaluations">How often the function was evaluated.</param>
internal sealed record SearchResult(SearchVector Point, double Value, double SquaredGradient, int Evaluations);

/// <summary>
/// L-BFGS (Nocedal, Wright: Numerical Optimization, algorithm 7.5) for smooth convex functions. The line search takes Wolfe's
/// conditions, and near the minimum, where rounding hides a decrease, the approximate ones of Hager and Zhang (2005), which
/// trust the slope.
/// </summary>
internal static class LimitedMemoryBfgs
{
    private const int Memory = 10;
    private const int MostEvaluations = 2000;
    private const int MostTrials = 20;
    private const double SufficientDecrease = 1e-4;
    private const double Curvature = 0.9;

    /// <summary>Relative rounding of a value: products are made in single precision.</summary>
    private const double Rounding = 1e-8;

    /// <param name="evaluate">Gives the value at a point, and sets the gradient.</param>
    /// <param name="create">Makes an empty vector.</param>
    /// <param name="start">Where to begin.</param>
    /// <param name="isDone">Told value and squared gradient, says whether that is near enough.</param>
    /// <param name="cancellationToken">Ends the search between two evaluations.</param>
    public static SearchResult Minimize(
        Func<SearchVector, SearchVector, double> evaluate, Func<SearchVector> create, SearchVector start, Func<double, double, bool> isDone, CancellationToken cancellationToken)
    {
        SearchVector point = create(), gradient = create(), trial = create(), trialGradient = create(), direction = create();
        point.CopyFrom(start);
        double value = evaluate(point, gradient);
        int evaluations = 1;
        var history = new Queue<(SearchVector Step, SearchVector Change, double Product)>(Memory);
        double squared = SearchVector.Dot(gradient, gradient);
        while (!isDone(value, squared) && evaluations < MostEvaluations)
        {
            SetDirection(direction, gradient, history);
            double slope = SearchVector.Dot(direction, gradient);
            if (slope >= 0)
            {
                // Rounding has spoilt the memory.
                history.Clear();
                SetDirection(direction, gradient, history);
                slope = -squared;
            }

            double length = history.Count == 0 ? 1 / Math.Sqrt(squared) : 1;
            double before = 0, beforeSlope = slope, beyond = double.PositiveInfinity, beyondSlope = 0;
            bool found = false;
            double trialValue = value;
            for (int i = 0; i < MostTrials && !found; i++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                trial.Set(point, length, direction);
                trialValue = evaluate(trial, trialGradient);
                evaluations++;
                double trialSlope = SearchVector.Dot(direction, trialGradient);
                bool falls = trialValue <= value + (SufficientDecrease * length * slope)
                    || (trialValue <= value + (Rounding * Math.Abs(value)) && trialSlope <= ((2 * SufficientDecrease) - 1) * slope);
                if (!falls || trialSlope > -Curvature * slope)
                {
                    (beyond, beyondSlope) = (length, trialSlope);
                }
                else if (trialSlope < Curvature * slope)
                {
                    (before, beforeSlope) = (length, trialSlope);
                }
                else
                {
                    found = true;
                    continue;
                }

                length = Next(before, beforeSlope, beyond, beyondSlope, slope);
            }

            if (!found)
            {
                break;
            }

            (SearchVector step, SearchVector change) = history.Count < Memory ? (create(), create()) : Oldest(history);
            step.Set(trial, -1, point);
            change.Set(trialGradient, -1, gradient);
            double product = SearchVector.Dot(step, change);
            if (product > 0)
            {
                history.Enqueue((step, change, product));
            }

            (point, trial) = (trial, point);
            (gradient, trialGradient) = (trialGradient, gradient);
            value = trialValue;
            squared = SearchVector.Dot(gradient, gradient);
        }

        return new SearchResult(point, value, squared, evaluations);
    }

    private static (SearchVector Step, SearchVector Change) Oldest(Queue<(SearchVector Step, SearchVector Change, double Product)> history)
    {
        (SearchVector step, SearchVector change, _) = history.Dequeue();
        return (step, change);
    }

    /// <summary>Where the slope would vanish if it were a line, kept away from the ends of what is known.</summary>
    private static double Next(double before, double beforeSlope, double beyond, double beyondSlope, double slope)
    {
        if (double.IsPositiveInfinity(beyond))
        {
            double growth = beforeSlope > slope ? slope / (slope - beforeSlope) : double.PositiveInfinity;
            return before * Math.Clamp(growth, 2, 10);
        }

        double width = beyond - before;
        double share = beyondSlope > 0 ? -beforeSlope / (beyondSlope - beforeSlope) : 0.5;
        return before + (width * (double.IsNaN(share) ? 0.5 : Math.Clamp(share, 0.1, 0.9)));
    }

    /// <summary>The negative gradient, as the curvature seen so far shortens and turns it.</summary>
    private static void SetDirection(SearchVector direction, SearchVector gradient, Queue<(SearchVector Step, SearchVector Change, double Product)> history)
    {
        direction.CopyFrom(gradient);
        double[] shares = new double[history.Count];
        foreach ((int i, (SearchVector step, SearchVector change, double product)) in history.Index().Reverse())
        {
            shares[i] = SearchVector.Dot(step, direction) / product;
            direction.Set(direction, -shares[i], change);
        }

        if (history.Count > 0)
        {
            (_, SearchVector last, double product) = history.Last();
            direction.Scale(product / SearchVector.Dot(last, last));
        }

        foreach ((int i, (SearchVector step, SearchVector change, double product)) in history.Index())
        {
            direction.Set(direction, shares[i] - (SearchVector.Dot(change, direction) / product), step);
        }

        direction.Scale(-1);
    }
}
