using System.Diagnostics;
using PoUW.Sdk.Jobs;
using PoUW.Training.Clients;
using PoUW.Training.Workers;
using Spectre.Console;

namespace TrainOnNetwork;

/// <summary>
/// Shows a running job: a live panel in a terminal, one line a round elsewhere. Nothing is shown with --json but the lines.
/// </summary>
internal sealed class ProgressView : IDisposable
{
    private const double BitsToNats = 0.6931471805599453;

    private readonly SampleNetwork _network;
    private readonly TrainingJob _job;
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly bool _live;
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _gate = new();
    private readonly Task _display;
    private JobProgress _latest;
    private ulong _printedRound;
    private string _test = "-";

    private ProgressView(IAnsiConsole console, TrainOptions options, SampleNetwork network, TrainingJob job)
    {
        (_network, _job, _latest) = (network, job, job.Progress);
        _live = !options.Json && console.Profile.Capabilities.Interactive && !Console.IsOutputRedirected;
        _display = _live ? RunLiveAsync(console) : Task.CompletedTask;
    }

    public static ProgressView Start(IAnsiConsole console, TrainOptions options, SampleNetwork network, TrainingJob job) =>
        new(console, options, network, job);

    public void Show(JobProgress progress)
    {
        lock (_gate)
        {
            _latest = progress;
        }

        ulong round = progress.Job?.Round ?? 0;
        if (!_live && round > _printedRound)
        {
            _printedRound = round;
            Console.Out.WriteLine(Line(progress));
        }
    }

    public void ShowTest(ulong round, EvaluationResult result)
    {
        lock (_gate)
        {
            _test = $"{result.Accuracy:P2} after round {round}";
        }

        if (!_live)
        {
            Console.Out.WriteLine($"test accuracy {result.Accuracy:P2} after round {round}");
        }
    }

    public void Dispose()
    {
        _done.TrySetResult();
        _display.GetAwaiter().GetResult();
    }

    private Task RunLiveAsync(IAnsiConsole console) => console.Live(Panel()).StartAsync(async context =>
    {
        while (!_done.Task.IsCompleted)
        {
            context.UpdateTarget(Panel());
            await Task.WhenAny(_done.Task, Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System));
        }

        context.UpdateTarget(Panel());
    });

    private Table Panel()
    {
        (JobProgress progress, string test) = Snapshot();
        Table table = new Table().Border(TableBorder.Rounded).Title("Training on the network").HideHeaders().AddColumns("", "");
        table.AddRow("step", $"{progress.StepsDone} of {progress.TotalSteps} (round {progress.Job?.Round ?? 0} of {_job.Manifest.RoundCount})");
        table.AddRow("training loss", Loss(progress));
        table.AddRow("training accuracy", Accuracy(progress));
        table.AddRow("test accuracy", test);
        table.AddRow("height", $"{progress.Height}, finalized {progress.FinalizedHeight}");
        table.AddRow("workers", string.Join("\n", _network.Workers.Select(node => $"{node.Name}: {Describe(node.Worker!)}")));
        table.AddRow("time left", Eta(progress));
        return table;
    }

    private (JobProgress Progress, string Test) Snapshot()
    {
        lock (_gate)
        {
            return (_latest, _test);
        }
    }

    private string Line(JobProgress progress) =>
        $"round {progress.Job!.Round}/{_job.Manifest.RoundCount}  step {progress.StepsDone}/{progress.TotalSteps}  loss {Loss(progress)}  "
        + $"accuracy {Accuracy(progress)}  height {progress.Height}  finalized {progress.FinalizedHeight}  left {Eta(progress)}";

    private static string Loss(JobProgress progress) =>
        progress.RoundLoss is { } bits ? $"{bits / 32768.0 * BitsToNats:F4}" : "-";

    private static string Accuracy(JobProgress progress) =>
        progress.RoundSamples > 0 ? $"{(double)progress.RoundCorrect / progress.RoundSamples:P2}" : "-";

    private static string Describe(WorkerStatus status) => status.Activity switch
    {
        WorkerActivity.Training => $"trains unit {status.Unit}",
        WorkerActivity.Fetching => $"fetches unit {status.Unit}",
        WorkerActivity.Mining => "mines the commons product",
        _ => "idle",
    };

    private string Eta(JobProgress progress)
    {
        if (progress.StepsDone == 0)
        {
            return "-";
        }

        double seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        return $"{seconds / progress.StepsDone * (progress.TotalSteps - progress.StepsDone):F0} s";
    }
}
