using PoUW.Core.Primitives;

namespace PoUW.Core.Signing;

/// <summary>
/// Signs with one key that may live elsewhere: in this process, in another one, in a device, or with a person who is asked. The signer is
/// trusted with the key and with nothing else; it trusts nobody: it gets what is signed, not a hash, computes the hash itself
/// (<see cref="SigningRequest.Hash"/>), can show it, and refuses what its owner would not sign. A lying node can therefore only ask. A
/// lying signer can refuse, be late, or give bytes that are no signature, which cost a transaction or a block; it can change nothing that
/// was asked for, since others verify what comes back. Thread-safe; called from any thread; calls nothing back.
/// </summary>
public interface ISigner
{
    /// <summary>The account of the key.</summary>
    Address Address { get; }

    /// <summary>The compressed public key, 33 bytes.</summary>
    ReadOnlyMemory<byte> PublicKey { get; }

    /// <summary>Signs a request or says why not. Requests for another key are refused.</summary>
    /// <param name="request">What is to be signed.</param>
    /// <param name="cancellation">Ends the wait; the signer may sign nevertheless.</param>
    /// <exception cref="OperationCanceledException">The wait was ended.</exception>
    ValueTask<SignResult> SignAsync(SigningRequest request, CancellationToken cancellation = default);
}
