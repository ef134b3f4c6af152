using VggTransfer.Keras.Callbacks;
using VggTransfer.Keras.Data;
using VggTransfer.Training;

namespace VggTransfer.Keras.Models;

/// <summary>Training as Keras runs it (keras/src/engine/training.py, <c>fit</c>): epochs, steps, validation, callbacks.</summary>
internal sealed partial class FitLoop : IDisposable
{
    private readonly Model _model;
    private readonly FitArguments _settings;
    private readonly CancellationToken _cancellationToken;
    private readonly INetwork _network;
    private readonly CallbackList _callbacks;
    private readonly BackupAndRestore? _backup;
    private readonly bool _toleratesNaN;
    private readonly BatchStream _batches;
    private readonly EvaluationLoop? _validation;
    private readonly RunningFigures _figures;
    private readonly IReadOnlyDictionary<int, double>? _classWeight;

    private TrainingPosition _position;
    private Logs _lastLogs = new();
    private double? _rateBeforeEpoch;
    private TrainingCheckpoint? _checkpoint;

    public FitLoop(Model model, FitArguments settings, CancellationToken cancellationToken)
    {
        _model = model;
        _settings = settings;
        _cancellationToken = cancellationToken;
        _network = model.CompiledNetwork;
        _callbacks = new CallbackList(settings.Callbacks, settings.Verbose);
        _backup = SingleBackup(_callbacks);
        _toleratesNaN = _callbacks.All.OfType<TerminateOnNaN>().Any();
        _validation = settings.ValidationData is { } data ? new EvaluationLoop(model, data, settings.ValidationSteps) : null;
        _figures = new RunningFigures(model.Training.Metrics);
        _classWeight = settings.ClassWeight is { Count: > 0 } ? settings.ClassWeight : null;
        _position = new TrainingPosition(settings.InitialEpoch, Step: 0, EpochBegun: false, Stopped: false);
        _batches = BatchStream.Of(settings.Data, settings.StepsPerEpoch, settings.InitialEpoch, settings.Epochs, settings.IsRepeated, cancellationToken);
    }

    public History Run()
    {
        _network.ShowsAverages = false;
        _checkpoint = FindCheckpoint();
        _model.StopTraining = false;
        _model.History = _callbacks.History;
        _callbacks.Attach(_model, new RunParameters
        {
            Verbose = _settings.Verbose,
            Epochs = _settings.Epochs,
            Steps = _batches.Steps,
            Resuming = _checkpoint is not null,
        });
        _callbacks.OnTrainBegin();
        if (_checkpoint is not null)
        {
            Restore(_checkpoint);
        }
        else
        {
            // From here on, what callbacks write is known to be this training's, wherever it is killed.
            Save();
        }

        try
        {
            RunEpochs();
        }
        catch (OperationCanceledException) when (_cancellationToken.IsCancellationRequested)
        {
            // Thrown only where the position says exactly what is done: between steps, or while data are read.
            Save();
            throw;
        }
        finally
        {
            // A validation that was cut short, or callbacks, may have left the averages in their place.
            _network.ShowsAverages = false;
        }

        _network.TakeAverages();
        _callbacks.OnTrainEnd(_lastLogs);
        if (_backup is { DeletesCheckpoint: true })
        {
            _backup.File.Delete();
        }

        return _callbacks.History;
    }

    public void Dispose() => _batches.Dispose();

    private void RunEpochs()
    {
        while (_position.Epoch < _settings.Epochs && !(_position is { Stopped: true, EpochBegun: false }))
        {
            if (_position.EpochBegun)
            {
                // Callbacks have to know which epoch it is; what they do about it was done already, so it is undone.
                if (_rateBeforeEpoch is { } rate)
                {
                    _model.Optimizer.LearningRate = rate;
                }

                _callbacks.OnEpochBegin(_position.Epoch);
                Restore(_checkpoint!);
            }
            else
            {
                _rateBeforeEpoch = Rate;
                _figures.Reset();
                _callbacks.OnEpochBegin(_position.Epoch);
                _position = _position with { EpochBegun = true };
            }

            // It holds as much memory as the model and its optimizer.
            _checkpoint = null;
            Train(_position.Epoch);
            FinishEpoch(_position.Epoch);
        }
    }

    private void Train(int epoch)
    {
        if (_position.Stopped)
        {
            return;
        }

        _batches.Begin(epoch, _position.Step);
        while (_batches.Steps is null || _position.Step < _batches.Steps)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            int step = _position.Step;
            _callbacks.OnTrainBatchBegin(step);
            if (!_batches.TryNext(step, out Batch? batch))
            {
                break;
            }

            StepResult result = _network.Train(batch, _classWeight);
            if (!double.IsFinite(result.Loss) && !_toleratesNaN)
            {
                throw new TrainingDivergedException(epoch, step, result.Loss, _network.FirstNonFinite(batch));
            }

            _figures.Add(result);
            _callbacks.OnTrainBatchEnd(step, _figures.ToLogs());
            _position = _position with { Step = step + 1, Stopped = _model.StopTraining };
            SaveIfDue();
            if (_model.StopTraining)
            {
                return;
            }
        }

        if (_batches.RanDry)
        {
            _position = _position with { Stopped = true };
            _model.Warn(Warnings.RanOutOfData((long)(_settings.Epochs - _settings.InitialEpoch) * _batches.Steps!.Value));
        }
    }

    private void FinishEpoch(int epoch)
    {
        if (_position.Step == 0 && _lastLogs.Count == 0)
        {
            throw new ArgumentException("The data are empty; give at least one batch.");
        }

        Logs logs = _figures.ToLogs();
        if (_validation is not null && _settings.ValidationFreq.Includes(epoch))
        {
            _cancellationToken.ThrowIfCancellationRequested();
            foreach ((string name, double value) in _validation.Run(_callbacks, _cancellationToken))
            {
                logs["val_" + name] = value;
            }
        }

        // Keras hands its callbacks a copy: what they add here, OnTrainEnd doesn't see.
        _lastLogs = logs.Copy();
        _callbacks.OnEpochEnd(epoch, logs);
        _position = new TrainingPosition(epoch + 1, Step: 0, EpochBegun: false, Stopped: _position.Stopped || _model.StopTraining);
        SaveIfDue();
    }

    // As it was given: 8-byte computations use it so.
    private double? Rate => _model.Optimizer.HasSchedule ? null : _model.Optimizer.Rate.ExactAt(0);

    private static BackupAndRestore? SingleBackup(CallbackList callbacks)
    {
        BackupAndRestore[] backups = [.. callbacks.All.OfType<BackupAndRestore>()];
        return backups.Length < 2 ? backups.SingleOrDefault() : throw new ArgumentException("There may be only one BackupAndRestore among the callbacks.", nameof(callbacks));
    }
}
