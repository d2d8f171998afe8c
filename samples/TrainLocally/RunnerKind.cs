namespace TrainLocally;

/// <summary>What runs the model; both give the same bits.</summary>
internal enum RunnerKind
{
    /// <summary>The kernels, called directly.</summary>
    Eager,

    /// <summary>The tensor machine, as on the network.</summary>
    Machine,
}
