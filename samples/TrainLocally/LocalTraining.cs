using System.Diagnostics;
using PoUW.Compute.Backends;
using PoUW.Compute.Runners;
using PoUW.Vm.Tensors;
using Samples.Shared.HtmlReport;

namespace TrainLocally;

/// <summary>
/// Trains and tests. Between two steps the state is whole: there it is saved when an epoch ends or when the user stops the run, and a run
/// that goes on from such a checkpoint does the same steps on the same state.
/// </summary>
internal sealed class LocalTraining : IDisposable
{
    private readonly TrainOptions _options;
    private readonly TrainingTask _task;
    private readonly CheckpointStore _store;
    private readonly CpuBackend _backend;
    private readonly ModelRunner _train;
    private readonly ModelRunner _test;
    private RunHistory _history = RunHistory.Empty;
    private long _step;
    private long _stepsHere;
    private TimeSpan _time;

    public LocalTraining(TrainOptions options, TrainingTask task)
    {
        (_options, _task, _store) = (options, task, new CheckpointStore(options, task));
        _backend = new CpuBackend(options.Threads);
        _train = task.CreateRunner(task.Train, options, _backend);
        _test = task.CreateRunner(task.Test, options, _backend);
    }

    /// <summary>The runner that was trained.</summary>
    public ModelRunner Runner => _train;

    public CpuBackend Backend => _backend;

    /// <summary>Epochs that ended, also those before a checkpoint.</summary>
    public IReadOnlyList<CurvePoint> Points => _history.Points;

    /// <summary>Samples that this process trained on a second, without tests and files.</summary>
    public double SamplesPerSecond => _time > TimeSpan.Zero ? _stepsHere * _task.Batch / _time.TotalSeconds : 0;

    /// <summary>Fills the weights, from the seed or from a checkpoint.</summary>
    /// <returns>What the user should know, or null.</returns>
    public string? Start()
    {
        if (_options.Resume is not { } path)
        {
            _train.Initialise(unchecked((long)_options.Seed));
            return null;
        }

        (_step, _history, string? note) = _store.Load(_train, path);
        return note;
    }

    /// <summary>Does all steps that are left.</summary>
    /// <exception cref="StoppedException">The user stopped the run; the checkpoint is written.</exception>
    public StepMetrics Run(IProgressView view, CancellationToken cancellation)
    {
        try
        {
            StepMetrics? test = null;
            while (_step < _task.Steps || !_history.Open.IsEmpty)
            {
                bool isEpochDone = !_history.Open.IsEmpty && (_step % _task.StepsPerEpoch == 0 || _step == _task.Steps);
                if (isEpochDone)
                {
                    test = EndEpoch(view, cancellation);
                }
                else
                {
                    cancellation.ThrowIfCancellationRequested();
                    Step(view);
                }
            }

            return test ?? Test(cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            _store.Save(_train, _step, _history);
            throw new StoppedException(_options.Checkpoint is { } path
                ? $"Stopped after step {_step} of {_task.Steps}; --resume {path} goes on."
                : $"Stopped after step {_step} of {_task.Steps}; nothing was saved, since there is no --checkpoint.");
        }
    }

    public void Dispose() => _backend.Dispose();

    private void Step(IProgressView view)
    {
        long started = Stopwatch.GetTimestamp();
        StepMetrics metrics = _train.Train(_step, 1)[0];
        _time += Stopwatch.GetElapsedTime(started);
        _stepsHere++;
        _step++;
        _history = _history with { Open = _history.Open.With(metrics) };
        view.ShowStep(_step, metrics);
    }

    private StepMetrics EndEpoch(IProgressView view, CancellationToken cancellation)
    {
        StepMetrics test = Test(cancellation);
        int epoch = (int)((_step + _task.StepsPerEpoch - 1) / _task.StepsPerEpoch);
        CurvePoint point = new(epoch, (int)_step, _history.Open.Loss, _history.Open.Accuracy, test.Accuracy, test.Loss);
        _history = new RunHistory([.. _history.Points, point], default);
        _store.Save(_train, _step, _history);
        view.ShowEpoch(point);
        return test;
    }

    private StepMetrics Test(CancellationToken cancellation)
    {
        CopyState(_train, _test);
        return _test.Evaluate(cancellation);
    }

    /// <summary>Gives a runner of the same model the state of another.</summary>
    public static void CopyState(ModelRunner from, ModelRunner to)
    {
        for (int i = 0; i < from.State.Count; i++)
        {
            ((string name, Tensor source), (string other, Tensor target)) = (from.State[i], to.State[i]);
            if (name != other)
            {
                throw new InvalidOperationException($"The state '{name}' of one runner is '{other}' of the other.");
            }

            source.Bytes.CopyTo(target.Bytes);
        }
    }
}
