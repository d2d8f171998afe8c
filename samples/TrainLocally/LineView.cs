using System.Diagnostics;
using System.Globalization;
using PoUW.Compute.Runners;
using Samples.Shared.HtmlReport;

namespace TrainLocally;

/// <summary>One line an epoch, and one every quarter of a minute within long ones.</summary>
internal sealed class LineView(TextWriter output, TrainingTask task) : IProgressView
{
    private static readonly TimeSpan Distance = TimeSpan.FromSeconds(15);

    private long _last = Stopwatch.GetTimestamp();

    public void ShowStep(long step, StepMetrics metrics)
    {
        if (Stopwatch.GetElapsedTime(_last) >= Distance && step % task.StepsPerEpoch != 0)
        {
            _last = Stopwatch.GetTimestamp();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {step}/{task.Steps}  loss {metrics.Loss:F4}"));
        }
    }

    public void ShowEpoch(CurvePoint point)
    {
        _last = Stopwatch.GetTimestamp();
        output.WriteLine(Describe(point, task));
    }

    /// <summary>An epoch in one line.</summary>
    public static string Describe(CurvePoint point, TrainingTask task) => string.Create(
        CultureInfo.InvariantCulture,
        $"epoch {point.Round}  step {point.Step}/{task.Steps}  loss {point.Loss:F4}  accuracy {Percent(point.TrainAccuracy)}  "
        + $"test loss {point.TestLoss:F4}  test accuracy {Percent(point.TestAccuracy ?? 0)}");

    private static string Percent(double share) => Numbers.Percent(share);
}
