namespace PoUW.Core;

/// <summary>
/// Root of every exception that the SDK throws on purpose. Exceptions are for broken invariants and for I/O;
/// bad input from a peer or a user is reported as a <see cref="Validation.ValidationResult"/> instead.
/// </summary>
public class PouwException : Exception
{
    /// <summary>Creates the exception with a message for people.</summary>
    public PouwException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception with a message for people and the failure that caused it.</summary>
    public PouwException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
