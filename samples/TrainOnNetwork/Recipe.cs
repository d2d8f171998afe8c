using PoUW.Compute.Compilation;
using PoUW.Compute.Data;

namespace TrainOnNetwork;

/// <summary>The model of the sample and how it is trained.</summary>
internal static class Recipe
{
    /// <summary>784-256-10 for 28 x 28 images of 10 classes, lane I; the learning rate falls at 3/5 and 4/5 of the rounds.</summary>
    public static MlpSpec Create(Dataset data, int steps)
    {
        int stepsPerRound = TrainOptions.StepsPerUnit * TrainOptions.UnitsPerRound;
        int rounds = (steps + stepsPerRound - 1) / stepsPerRound;
        return new MlpSpec(
            [data.Column("images").Width, TrainOptions.HiddenUnits, TrainOptions.Classes], TrainOptions.BatchSize, IntegerRateSchedule.ThreeStage(rounds, stepsPerRound));
    }
}
