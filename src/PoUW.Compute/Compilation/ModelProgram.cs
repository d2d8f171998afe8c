namespace PoUW.Compute.Compilation;

/// <summary>The names that compiled models use: entry points, inputs, outputs.</summary>
public static class ModelProgram
{
    /// <summary>Entry point init(seed): fills the state.</summary>
    public const string InitEntry = "init";

    /// <summary>
    /// Entry point train(first step, steps): emits for every step the loss (summed, fixed point with 15 fraction bits), the right answers
    /// and the answers.
    /// </summary>
    public const string TrainEntry = "train";

    /// <summary>Entry point evaluate(first row, rows): emits right answers, loss and answers, summed.</summary>
    public const string EvaluateEntry = "evaluate";

    /// <summary>Entry point predict(first row): fills the output slot; lane I emits its exponent.</summary>
    public const string PredictEntry = "predict";

    /// <summary>Input slot of the 32-byte key of the data order.</summary>
    public const string OrderKey = "order.key";

    /// <summary>Output slot of predict: a row an answer of the batch.</summary>
    public const string Prediction = "prediction";

    /// <summary>Values that train emits a step.</summary>
    public const int OutputsPerStep = 3;
}
