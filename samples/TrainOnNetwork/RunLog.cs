using PoUW.Sdk.Jobs;
using PoUW.Training.Clients;

namespace TrainOnNetwork;

/// <summary>Keeps one point a round for the curves.</summary>
internal sealed class RunLog
{
    private const double BitsToNats = 0.6931471805599453;

    private readonly SortedDictionary<ulong, CurvePoint> _points = [];

    public IReadOnlyList<CurvePoint> Points => [.. _points.Values];

    public void Add(JobProgress progress)
    {
        if (progress is { Job.Round: { } round, RoundLoss: { } bits, RoundSamples: > 0 } && !_points.ContainsKey(round))
        {
            double accuracy = (double)progress.RoundCorrect / progress.RoundSamples;
            _points[round] = new CurvePoint((int)round, (int)progress.StepsDone, bits / 32768.0 * BitsToNats, accuracy, null);
        }
    }

    public void Add(ulong round, EvaluationResult test)
    {
        if (_points.TryGetValue(round, out CurvePoint? point))
        {
            _points[round] = point with { TestAccuracy = test.Accuracy };
        }
    }
}
