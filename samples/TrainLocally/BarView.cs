using System.Globalization;
using PoUW.Compute.Runners;
using Samples.Shared.HtmlReport;
using Spectre.Console;

namespace TrainLocally;

/// <summary>A bar in a terminal, with the lines of the epochs above it.</summary>
internal sealed class BarView(IAnsiConsole console, ProgressTask bar, TrainingTask task) : IProgressView
{
    public void ShowStep(long step, StepMetrics metrics)
    {
        bar.Value = step;
        bar.Description = string.Create(CultureInfo.InvariantCulture, $"step {step} of {task.Steps}, loss {metrics.Loss:F4}");
    }

    public void ShowEpoch(CurvePoint point) => console.WriteLine(LineView.Describe(point, task));

    /// <summary>Shows a bar while an action runs.</summary>
    public static T Run<T>(IAnsiConsole console, TrainingTask task, Func<IProgressView, T> action) => console.Progress()
        .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn(), new SpinnerColumn())
        .Start(context => action(new BarView(console, context.AddTask("starts", maxValue: task.Steps), task)));
}
