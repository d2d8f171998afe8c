namespace PoUW.Core.Validation;

/// <summary>
/// The outcome of admission, validation or verification: a code for programs, the offending field, and a message for people.
/// The same value travels from the mempool to RPC and to the gossip verdict.
/// </summary>
/// <param name="Code">The outcome; <see cref="ValidationCode.Ok"/> when nothing is wrong.</param>
/// <param name="Field">The field that broke the rule, in the spelling of the type that holds it; empty when valid.</param>
/// <param name="Message">What was found and what the limit is; empty when valid.</param>
public readonly record struct ValidationResult(ValidationCode Code, string Field, string Message)
{
    /// <summary>Nothing is wrong.</summary>
    public static ValidationResult Ok => new(ValidationCode.Ok, "", "");

    /// <summary>True when the code is <see cref="ValidationCode.Ok"/>.</summary>
    public bool IsValid => Code == ValidationCode.Ok;

    /// <summary>What to do with a gossiped message that got this result.</summary>
    public GossipVerdict Verdict => Code.ToVerdict();

    /// <summary>Builds a failed result.</summary>
    public static ValidationResult Fail(ValidationCode code, string field, string message) => new(code, field, message);

    /// <summary>"Code (field): message", for logs and error lines.</summary>
    public override string ToString() => IsValid ? "Ok" : $"{Code} ({Field}): {Message}";
}
