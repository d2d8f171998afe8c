using PoUW.Compute.Runners;
using Samples.Shared.HtmlReport;

namespace TrainLocally;

/// <summary>What a run gave.</summary>
/// <param name="Test">The last test.</param>
/// <param name="Points">Epochs that ended.</param>
/// <param name="StateHash">As <see cref="TrainLocally.StateHash"/>.</param>
/// <param name="SamplesPerSecond">Of training.</param>
/// <param name="Time">Of everything.</param>
/// <param name="ProcessorTime">Of all threads, of everything.</param>
/// <param name="Text">Of a transformer, else null.</param>
internal sealed record RunResult(
    StepMetrics Test, IReadOnlyList<CurvePoint> Points, string StateHash, double SamplesPerSecond, TimeSpan Time, TimeSpan ProcessorTime, TextResult? Text);
