using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Training.Ledger;

/// <summary>
/// Sends transactions of one account and keeps its nonces in order. A transaction that is not in a block by its expiry is forgotten, and
/// the nonce starts again from the state. Thread-safe.
/// </summary>
public sealed class AccountSender(KeyPair key, ILedgerAccess ledger)
{
    /// <summary>Blocks after which an unconfirmed transaction expires.</summary>
    public const ulong ExpiryBlocks = 30;

    private readonly Lock _gate = new();
    private readonly TransactionSigner _signer = new(ledger.Parameters);
    private ulong _nextNonce;
    private ulong _resetHeight;

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
            if (confirmed >= _nextNonce || view.Height > _resetHeight)
            {
                _nextNonce = confirmed;
            }

            ulong expiry = view.Height + ExpiryBlocks;
            ValidationResult result = ledger.Submit(_signer.Sign(key, kind, _nextNonce, payload, expiryHeight: expiry));
            if (result.IsValid)
            {
                _nextNonce++;
                _resetHeight = expiry;
            }

            return result;
        }
    }
}
