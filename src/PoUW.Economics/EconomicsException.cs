using PoUW.Core;

namespace PoUW.Economics;

/// <summary>A broken invariant of the economic state, such as a job that points to a record that is not there.</summary>
public sealed class EconomicsException : PouwException
{
    /// <summary>Creates the exception.</summary>
    public EconomicsException(string message)
        : base(message)
    {
    }
}
