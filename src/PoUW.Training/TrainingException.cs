using PoUW.Core;

namespace PoUW.Training;

/// <summary>Training cannot go on: a program traps, data cannot be fetched, or what was fetched does not match its commitment.</summary>
public sealed class TrainingException : PouwException
{
    /// <summary>Creates the exception.</summary>
    public TrainingException(string message)
        : base(message)
    {
    }

    /// <summary>True if another try with the same job on this node would end the same way: its module, its data or its bounds are at fault.</summary>
    public bool IsLasting { get; init; }
}
