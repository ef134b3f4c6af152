namespace VggTransfer.FineTuning;

/// <summary>
/// Computes what the first stage sees, under a time budget: where that turns out so slow that not even the first head would be ready in time,
/// a smaller input takes its place.
/// </summary>
internal sealed class FirstStage
{
    // Of fewer pictures, chance counts more than the pace.
    private const double SmallestShare = 0.05;

    // The promise is a tenth.
    private const double ToleratedShareOfBudget = 0.05;

    private readonly FineTuningContext _context;
    private readonly WorkClock _clock;
    private readonly NetworkWeights _weights;

    private FirstStage(FineTuningContext context, WorkClock clock, NetworkWeights weights, TimePlan times, WorkspacePlan plan)
    {
        _context = context;
        _clock = clock;
        _weights = weights;
        Times = times;
        Plan = plan;
    }

    /// <summary>What to do, as it stands.</summary>
    public WorkspacePlan Plan { get; private set; }

    /// <summary>What it takes, as it stands.</summary>
    public TimePlan Times { get; private set; }

    /// <summary>What had been used when the plan that stands was begun.</summary>
    public TimeSpan Begun { get; private set; }

    /// <summary>Plans, computes, and plans anew where need be.</summary>
    /// <param name="context">Images, network, options.</param>
    /// <param name="clock">Shows the time.</param>
    /// <param name="weights">The network's weights.</param>
    /// <param name="times">What the work takes.</param>
    /// <param name="plan">What to do.</param>
    /// <param name="data">What the first stage sees.</param>
    public static FirstStage Begin(FineTuningContext context, WorkClock clock, NetworkWeights weights, TimePlan times, WorkspacePlan plan, out StageData data)
    {
        var first = new FirstStage(context, clock, weights, times, plan);
        StageData? computed;
        do
        {
            computed = first.TryCompute();
        }
        while (computed is null);

        data = computed;
        return first;
    }

    /// <summary>What the first stage sees; null where another plan took the place of the one there was.</summary>
    private StageData? TryCompute()
    {
        FineTuningStage stage = Plan.Stages[0];
        TimePlan times = Times;
        Begun = _clock.Used;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(_context.CancellationToken);
        int reports = 0;
        int first = 0;
        TimeSpan begin = TimeSpan.Zero;
        WorkspacePlan? other = null;
        var watch = new Watch(value =>
        {
            _context.Progress?.Report(value);
            if (value.Phase != FineTuningPhase.ComputingFrozenLayers || value.Decision is not null || other is not null)
            {
                return;
            }

            // The first step pays for the start.
            if (reports++ < 2)
            {
                (first, begin) = (value.Done, _clock.Used);
            }

            double share = (double)(value.Done - first) / value.Total;
            if (share >= SmallestShare)
            {
                other = Instead(stage, times, (_clock.Used - begin).TotalSeconds / share, (double)(value.Total - value.Done) / value.Total);
                if (other is not null)
                {
                    stop.Cancel();
                }
            }
        });

        try
        {
            return StageData.Create(_context with { Progress = watch, CancellationToken = stop.Token }, stage, StageTraining.Seed(_context.Options.Seed, 1), _weights);
        }
        catch (OperationCanceledException) when (other is not null && !_context.CancellationToken.IsCancellationRequested)
        {
            FineTuningWorkspace.DeleteCache(_context.Workspace.Path);
            Plan = other;
            _context.Workspace.WritePlan(Plan);
            _context.Decide(Plan.Notes);
            return null;
        }
    }

    /// <summary>The plan with as many epochs as there is time for, now that everything else is ready for them.</summary>
    public WorkspacePlan Revise()
    {
        FineTuningStage stage = Plan.Stages[0];
        if (Plan.Stages.Count > 1)
        {
            return Plan;
        }

        double factor = Math.Max(1, (_clock.Used - Begun).TotalSeconds / Math.Max(Times.UntilTraining(stage), 1e-9));
        WorkspacePlan revised = Times.Slower(factor).Revise(stage, _clock.Left);
        if (revised.Stages[0] != stage)
        {
            _context.Workspace.WritePlan(revised with { Notes = [.. Plan.Notes, .. revised.Notes] });
            _context.Decide(revised.Notes);
        }

        return revised;
    }

    /// <summary>A plan that ends sooner; null where there is none, or no need of one.</summary>
    /// <param name="stage">What is computed.</param>
    /// <param name="planned">What it was thought to take.</param>
    /// <param name="whole">The seconds that all of it takes at its pace so far.</param>
    /// <param name="rest">The share that isn't computed yet.</param>
    private WorkspacePlan? Instead(FineTuningStage stage, TimePlan planned, double whole, double rest)
    {
        double factor = Math.Max(1, whole / Math.Max(planned.Frozen(stage), 1e-9));
        TimePlan slower = planned.Slower(factor);
        double going = (rest * whole) + slower.AfterFrozen(stage);
        if (going <= (_clock.Left + (ToleratedShareOfBudget * _clock.Budget)).TotalSeconds)
        {
            return null;
        }

        WorkspacePlan other = slower.Replace(stage, _clock.Left);
        FineTuningStage instead = other.Stages[0];
        if ((instead.FreezeUntil, instead.InputSize) == (stage.FreezeUntil, stage.InputSize) || slower.Frozen(instead) + slower.AfterFrozen(instead) >= going)
        {
            return null;
        }

        Times = slower;
        return other;
    }

    private sealed class Watch(Action<FineTuningProgress> action) : IProgress<FineTuningProgress>
    {
        public void Report(FineTuningProgress value) => action(value);
    }
}
