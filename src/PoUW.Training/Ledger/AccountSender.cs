using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Training.Ledger;

/// <summary>
/// Sends transactions of one account and keeps its nonces in order. When the oldest transaction that is not in a block has expired, the
/// nonce starts again from the state: those behind it wait for a nonce that nobody else would send. Thread-safe.
/// </summary>
public sealed class AccountSender(KeyPair key, ILedgerAccess ledger)
{
    /// <summary>Blocks after which an unconfirmed transaction expires.</summary>
    public const ulong ExpiryBlocks = 30;

    private readonly Lock _gate = new();
    private readonly TransactionSigner _signer = new(ledger.Parameters);
    private readonly Queue<(ulong Nonce, ulong Expiry)> _unconfirmed = new();
    private ulong _nextNonce;
    private ulong? _stakeSentHeight;

    /// <summary>The height at which the account last sent a stake, for whoever keeps it staked; null if it sent none.</summary>
    internal ulong? StakeSentHeight
    {
        get
        {
            lock (_gate)
            {
                return _stakeSentHeight;
            }
        }
    }

    /// <summary>The account.</summary>
    public KeyPair Key => key;

    /// <summary>What a transaction with a payload of this length costs, as <see cref="Send"/> signs it.</summary>
    public Amount FeeFor(int payloadBytes) => ledger.Parameters.BaseFeePerGas * TransactionGas.Intrinsic(payloadBytes);

    /// <summary>Signs and submits a transaction with the account's next nonce.</summary>
    public ValidationResult Send(TransactionKind kind, ReadOnlyMemory<byte> payload)
    {
        lock (_gate)
        {
            LedgerView view = ledger.View;
            ulong confirmed = view.State.GetAccount(key.Address).Nonce;
            if (confirmed >= _nextNonce || OldestHasExpired(confirmed, view.Height))
            {
                // The pool may hold more than this sender knows of: what it kept over a restart of the node.
                _nextNonce = Math.Max(confirmed, ledger.NextNonce(key.Address));
                _unconfirmed.Clear();
            }

            ulong expiry = view.Height + ExpiryBlocks;
            ValidationResult result = ledger.Submit(_signer.Sign(key, kind, _nextNonce, payload, expiryHeight: expiry));
            if (result.IsValid)
            {
                _unconfirmed.Enqueue((_nextNonce, expiry));
                _nextNonce++;
                _stakeSentHeight = kind == TransactionKind.Stake ? view.Height : _stakeSentHeight;
            }

            return result;
        }
    }

    private bool OldestHasExpired(ulong confirmed, ulong height)
    {
        while (_unconfirmed.TryPeek(out (ulong Nonce, ulong Expiry) first) && first.Nonce < confirmed)
        {
            _unconfirmed.Dequeue();
        }

        return _unconfirmed.TryPeek(out (ulong Nonce, ulong Expiry) oldest) && height > oldest.Expiry;
    }
}
