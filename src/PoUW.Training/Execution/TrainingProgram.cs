namespace PoUW.Training.Execution;

/// <summary>
/// The names by which the training pipeline finds its way in a VM program. A program that is to be trained on the network has these
/// entry points and input slots; everything else is its own business.
/// </summary>
public static class TrainingProgram
{
    /// <summary>Entry point init(seed): fills the state slots.</summary>
    public const string InitEntry = "init";

    /// <summary>Entry point train(firstStep, stepCount): does the steps; emits loss sum and correct count of each.</summary>
    public const string TrainEntry = "train";

    /// <summary>Entry point evaluate(firstRow, rowCount): emits correct count and loss sum.</summary>
    public const string EvaluateEntry = "evaluate";

    /// <summary>Input slot with one sample a row.</summary>
    public const string ImagesSlot = "images";

    /// <summary>Input slot with one label a row.</summary>
    public const string LabelsSlot = "labels";

    /// <summary>Input slot with the 32-byte key of the data order: the job id.</summary>
    public const string OrderKeySlot = "order.key";
}
