using PoUW.Compute.Runners;
using Samples.Shared.HtmlReport;

namespace TrainLocally;

/// <summary>Shows a training that is under way. Called from the thread that trains.</summary>
internal interface IProgressView
{
    /// <summary>A step was done.</summary>
    void ShowStep(long step, StepMetrics metrics);

    /// <summary>An epoch was done and tested.</summary>
    void ShowEpoch(CurvePoint point);
}
