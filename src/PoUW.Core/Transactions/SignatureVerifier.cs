using PoUW.Core.Cryptography;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Core.Transactions;

/// <summary>
/// Verifies transaction signatures and remembers the good ones, so that a transaction that came through the pool costs nothing in a
/// block. The memory is keyed by <see cref="Transaction.FullHash"/>, which covers the signature. Thread-safe.
/// </summary>
public sealed class SignatureVerifier
{
    private readonly ISignatureScheme _scheme;
    private readonly int _capacity;
    private readonly Lock _gate = new();
    private readonly Dictionary<Hash256, Address> _known = [];
    private readonly Queue<Hash256> _order = new();

    /// <summary>Verifies with one scheme and remembers the last <paramref name="capacity"/> good signatures.</summary>
    public SignatureVerifier(ISignatureScheme scheme, int capacity = 65_536)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _scheme = scheme;
        _capacity = capacity;
    }

    /// <summary>How many signatures were computed rather than remembered.</summary>
    public long Computed { get; private set; }

    /// <summary>Verifies the signature and gives the sender's address.</summary>
    public ValidationResult Verify(Transaction transaction, out Address sender)
    {
        lock (_gate)
        {
            if (_known.TryGetValue(transaction.FullHash, out sender))
            {
                return ValidationResult.Ok;
            }

            Computed++;
        }

        TransactionBody body = transaction.Body;
        bool valid = body.SchemeId == _scheme.Id
            && _scheme.TryGetAddress(body.PublicKey.Span, out sender)
            && _scheme.Verify(body.PublicKey.Span, transaction.SigningHash, transaction.Signature.Span);
        if (!valid)
        {
            sender = default;
            return ValidationResult.Fail(
                ValidationCode.BadSignature, nameof(Transaction.Signature), "The signature does not match the body and the public key.");
        }

        Remember(transaction.FullHash, sender);
        return ValidationResult.Ok;
    }

    private void Remember(Hash256 fullHash, Address sender)
    {
        lock (_gate)
        {
            if (!_known.TryAdd(fullHash, sender))
            {
                return;
            }

            _order.Enqueue(fullHash);
            if (_order.Count > _capacity)
            {
                _known.Remove(_order.Dequeue());
            }
        }
    }
}
