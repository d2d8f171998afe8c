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
}
