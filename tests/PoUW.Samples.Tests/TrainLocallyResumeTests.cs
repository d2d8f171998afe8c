using PoUW.Compute.Compilation;
using PoUW.Compute.Runners;
using TrainLocally;

namespace PoUW.Samples.Tests;

/// <summary>A run that was stopped and goes on ends with the bits, and with the curve, of one that was not.</summary>
[TestFixture]
public sealed class TrainLocallyResumeTests
{
    private const int Steps = 6;

    private string _folder = "";

    [SetUp]
    public void CreateFolder() => _folder = Directory.CreateTempSubdirectory("pouw-resume-").FullName;

    [TearDown]
    public void DeleteFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void StoppedRunGoesOnWithTheSameBits(
        [Values("mlp r", "mlp i", "transformer r")] string model, [Values(".pt", ".safetensors")] string ending, [Values(1, 2, 3)] int stopAfter)
    {
        TrainOptions options = Options(model);
        string path = Path.Combine(_folder, "sub", "c" + ending);
        TrainingTask task = Task(options);
        (string whole, IReadOnlyList<CurvePoint> points) = Run(options, task);

        StoppedException stopped = Assert.Throws<StoppedException>(() => Run(options with { Checkpoint = path }, task, stopAfter))!;
        Assert.That(stopped.Message, Does.Contain($"step {stopAfter} of {Steps}").And.Contain(path));
        (string resumed, IReadOnlyList<CurvePoint> resumedPoints) = Run(options with { Resume = path, Runner = RunnerKind.Machine, Threads = 2 }, task);
        Assert.That(resumed, Is.EqualTo(whole));
        Assert.That(resumedPoints, Is.EqualTo(points));
    }

    [Test]
    public void FinishedRunHasNothingLeftToDo()
    {
        TrainOptions options = Options("mlp r") with { Checkpoint = Path.Combine(_folder, "c.pt") };
        TrainingTask task = Task(options);
        (string whole, IReadOnlyList<CurvePoint> points) = Run(options, task);
        (string resumed, IReadOnlyList<CurvePoint> resumedPoints) = Run(options with { Resume = options.Checkpoint }, task);
        Assert.That(resumed, Is.EqualTo(whole));
        Assert.That(resumedPoints, Is.EqualTo(points));
    }

    [TestCase("--seed", "7"), TestCase("--batch", "2048"), TestCase("--lr", "0.01"), TestCase("--lane", "i"), TestCase("--steps", "1")]
    public void CheckpointOfAnotherRunIsRefused(string option, string value)
    {
        string path = Path.Combine(_folder, "c.safetensors");
        string[] common = ["--steps", "2", "--batch", "4096", "--lr", "0.02", "--seed", "3", "--out", _folder];
        _ = SampleRun.Good([.. common, "--checkpoint", path]);
        string[] changed = [.. common];
        int at = Array.IndexOf(changed, option);
        changed = at >= 0 ? [.. changed[..at], .. changed[(at + 2)..]] : changed;
        changed = option == "--lane" ? [.. changed.Where(word => word is not ("--lr" or "0.02"))] : changed;
        SampleRun run = SampleRun.Of([.. changed, option, value, "--resume", path]);
        Assert.That(run.Code, Is.EqualTo(Application.Failed), run.Output);
        Assert.That(run.Errors, Does.StartWith("--resume: '").And.Contain(option switch { "--lane" => "lane", "--steps" => "2 steps", _ => option }));
    }

    [Test]
    public void LongerRunSaysThatItsScheduleIsAnother()
    {
        string path = Path.Combine(_folder, "c.safetensors");
        string[] common = ["--batch", "4096", "--out", _folder];
        _ = SampleRun.Good([.. common, "--steps", "1", "--checkpoint", path]);
        Assert.That(SampleRun.Good([.. common, "--steps", "2", "--resume", path]).Output, Does.Contain("from a run of 1 steps, this one has 2"));
    }

    private TrainOptions Options(string model) => new()
    {
        Model = model == "transformer r" ? ModelKind.Transformer : ModelKind.Mlp,
        Lane = model == "mlp i" ? Lane.Integer : Lane.Reproducible,
        Data = model == "transformer r" ? [SampleTexts.Write(_folder)] : [],
        Steps = Steps,
        Batch = model == "transformer r" ? 64 : 4096,
        Out = new DirectoryInfo(_folder),
        Quick = true,
    };

    private static TrainingTask Task(TrainOptions options) => options.Model == ModelKind.Transformer
        ? TextTask.Create(options).Training
        : ImageTask.CreateAsync(options, CancellationToken.None).GetAwaiter().GetResult();

    private static (string Hash, IReadOnlyList<CurvePoint> Points) Run(TrainOptions options, TrainingTask task, int stopAfter = int.MaxValue)
    {
        using CancellationTokenSource stop = new();
        using LocalTraining training = new(options, task);
        _ = training.Start();
        _ = training.Run(new Stopper(stop, stopAfter), stop.Token);
        return (StateHash.Of(training.Runner), training.Points);
    }

    /// <summary>Stops a run behind a step.</summary>
    private sealed class Stopper(CancellationTokenSource stop, int after) : IProgressView
    {
        public void ShowStep(long step, StepMetrics metrics)
        {
            if (step == after)
            {
                stop.Cancel();
            }
        }

        public void ShowEpoch(CurvePoint point)
        {
        }
    }
}
