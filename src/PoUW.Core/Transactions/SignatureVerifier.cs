using System.Buffers;
using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Transactions;

/// <summary>
/// Verifies transaction signatures and remembers the good ones with their senders, so that a transaction that came through the pool costs
/// nothing in a block. The memory is keyed by <see cref="Transaction.FullHash"/>, which covers the signature. The id does not: a memory
/// by id would take a forged signature for the good one of the same body that it has seen. Bad signatures are not remembered, since
/// anyone can make any number of them. Thread-safe; the lock of the memory is one of many and held for a look-up only.
/// </summary>
public sealed class SignatureVerifier
{
    private const int MaxTables = 16;
    private const int MinEntriesOfATable = 512;
    private const int MinItemsOfAThread = 4;

    private readonly ISignatureScheme _scheme;
    private readonly SignatureVerifierOptions _options;
    private readonly VerifiedSignatures[] _known;
    private long _computed;

    /// <summary>Verifies with one scheme and remembers the last <paramref name="capacity"/> good signatures, or nearly so many.</summary>
    public SignatureVerifier(ISignatureScheme scheme, int capacity = 65_536)
        : this(scheme, new SignatureVerifierOptions { Capacity = capacity })
    {
    }

    /// <summary>Verifies with one scheme.</summary>
    public SignatureVerifier(ISignatureScheme scheme, SignatureVerifierOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Capacity, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1, nameof(options));
        _scheme = scheme;
        _options = options;
        int tables = Math.Clamp(options.Capacity / MinEntriesOfATable, 1, MaxTables);
        _known = new VerifiedSignatures[tables];
        for (int i = 0; i < tables; i++)
        {
            _known[i] = new VerifiedSignatures(options.Capacity / tables);
        }
    }

    /// <summary>How many signatures were computed rather than remembered.</summary>
    public long Computed => Interlocked.Read(ref _computed);

    /// <summary>Verifies the signature and gives the sender's address.</summary>
    public ValidationResult Verify(Transaction transaction, out Address sender) =>
        TableOf(transaction).TryGet(transaction.FullHash, out sender) || Compute(transaction, out sender) ? ValidationResult.Ok : Bad();

    /// <summary>
    /// Verifies many, those that are not known yet on all threads of the options. All are verified even if one is bad, and the good ones
    /// are remembered. The result does not depend on the threads.
    /// </summary>
    /// <param name="transactions">The transactions; the list must not change meanwhile.</param>
    /// <param name="senders">Receives the sender of every transaction, zero for a bad one; may be empty.</param>
    /// <param name="firstBad">The first index with a bad signature; -1 if there is none.</param>
    /// <exception cref="ArgumentException"><paramref name="senders"/> is too short and not empty.</exception>
    public ValidationResult VerifyAll(IReadOnlyList<Transaction> transactions, Memory<Address> senders, out int firstBad)
    {
        if (senders.Length < transactions.Count && !senders.IsEmpty)
        {
            throw new ArgumentException($"Room for {senders.Length} senders of {transactions.Count} transactions.", nameof(senders));
        }

        int[] unknown = ArrayPool<int>.Shared.Rent(transactions.Count);
        int count = FindUnknown(transactions, senders.Span, unknown);
        firstBad = count == 0 ? -1 : ComputeAll(transactions, senders, unknown, count);
        ArrayPool<int>.Shared.Return(unknown);
        return firstBad < 0 ? ValidationResult.Ok : Bad();
    }

    /// <summary>
    /// Remembers signatures as good without verifying them. Only for transactions whose bytes are fixed by a block id that the operator
    /// vouches for (<see cref="Replay.ChainReplay"/>): whoever vouches wrongly makes this node accept forged transactions.
    /// </summary>
    internal void Vouch(IReadOnlyList<Transaction> transactions)
    {
        int[] unknown = ArrayPool<int>.Shared.Rent(transactions.Count);
        int count = FindUnknown(transactions, default, unknown);
        if (count > 0)
        {
            RunAll(count, item => VouchFor(transactions[unknown[item]]));
        }

        ArrayPool<int>.Shared.Return(unknown);
    }

    private static ValidationResult Bad() =>
        ValidationResult.Fail(ValidationCode.BadSignature, nameof(Transaction.Signature), "The signature does not match the body and the public key.");

    private int FindUnknown(IReadOnlyList<Transaction> transactions, Span<Address> senders, int[] unknown)
    {
        int count = 0;
        for (int i = 0; i < transactions.Count; i++)
        {
            bool known = TableOf(transactions[i]).TryGet(transactions[i].FullHash, out Address sender);
            if (!senders.IsEmpty)
            {
                senders[i] = sender;
            }

            if (!known)
            {
                unknown[count++] = i;
            }
        }

        return count;
    }

    private int ComputeAll(IReadOnlyList<Transaction> transactions, Memory<Address> senders, int[] unknown, int count)
    {
        int firstBad = int.MaxValue;
        RunAll(count, item =>
        {
            int index = unknown[item];
            bool good = Compute(transactions[index], out Address sender);
            if (!senders.IsEmpty)
            {
                senders.Span[index] = sender;
            }

            for (int seen = Volatile.Read(ref firstBad); !good && index < seen; seen = Volatile.Read(ref firstBad))
            {
                Interlocked.CompareExchange(ref firstBad, index, seen);
            }
        });
        return firstBad == int.MaxValue ? -1 : firstBad;
    }

    private void RunAll(int count, Action<int> work)
    {
        VerificationRun run = new(count, work);
        int helpers = Math.Min(_options.Threads, count / MinItemsOfAThread) - 1;
        for (int i = 0; i < helpers; i++)
        {
            _options.Spawner.Spawn("verify signatures", () =>
            {
                run.Take();
                return Task.CompletedTask;
            });
        }

        run.TakeAndWait();
    }

    private bool Compute(Transaction transaction, out Address sender)
    {
        Interlocked.Increment(ref _computed);
        TransactionBody body = transaction.Body;
        sender = default;
        bool valid = body.SchemeId == _scheme.Id
            && _scheme.Verify(body.PublicKey.Span, transaction.SigningHash, transaction.Signature.Span, out sender);
        if (valid)
        {
            TableOf(transaction).Add(transaction.FullHash, sender);
        }

        return valid;
    }

    // A key that is none has no sender; the block with it is refused when its transactions are checked.
    private void VouchFor(Transaction transaction)
    {
        TransactionBody body = transaction.Body;
        if (body.SchemeId == _scheme.Id && _scheme.TryGetAddress(body.PublicKey.Span, out Address sender))
        {
            TableOf(transaction).Add(transaction.FullHash, sender);
        }
    }

    private VerifiedSignatures TableOf(Transaction transaction)
    {
        // Other bits than those that choose the place in a table.
        Span<byte> hash = stackalloc byte[Hash256.Size];
        transaction.FullHash.CopyTo(hash);
        return _known[hash[8] % _known.Length];
    }
}
