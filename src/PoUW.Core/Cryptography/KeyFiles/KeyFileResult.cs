namespace PoUW.Core.Cryptography.KeyFiles;

/// <summary>The outcome of opening a key file: a status for programs, the offending field, and a message for people without any secret.</summary>
/// <param name="Status">The outcome.</param>
/// <param name="Field">The path of the field that is wrong; empty if there is none.</param>
/// <param name="Message">What was found and what is allowed; empty when nothing is wrong.</param>
public readonly record struct KeyFileResult(KeyFileStatus Status, string Field, string Message)
{
    /// <summary>Nothing is wrong.</summary>
    public static KeyFileResult Ok => new(KeyFileStatus.Ok, "", "");

    /// <summary>True when the key was opened.</summary>
    public bool IsOk => Status == KeyFileStatus.Ok;

    /// <summary>"Status (field): message", for logs and error lines.</summary>
    public override string ToString() => IsOk ? "Ok" : $"{Status} ({Field}): {Message}";
}
