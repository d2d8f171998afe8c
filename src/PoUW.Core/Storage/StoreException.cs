namespace PoUW.Core.Storage;

/// <summary>A store cannot be opened, read or written. The message says what to do about it.</summary>
public class StoreException : PouwException
{
    /// <summary>Creates the exception with a message for people.</summary>
    public StoreException(StoreFailure failure, string message)
        : base(message)
    {
        Failure = failure;
    }

    /// <summary>Creates the exception with a message for people and the failure that caused it.</summary>
    public StoreException(StoreFailure failure, string message, Exception innerException)
        : base(message, innerException)
    {
        Failure = failure;
    }

    /// <summary>What kind of failure it is.</summary>
    public StoreFailure Failure { get; }
}
