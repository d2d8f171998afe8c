using PoUW.Core.Accounts;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Chain;

/// <summary>
/// What a transaction must satisfy to be in a block at all; breaking one of these rules makes the block invalid. Shared by the pool,
/// the template builder and validation, so that they cannot disagree. Thread-safe.
/// </summary>
public sealed class TransactionRules(NetworkParameters parameters, LedgerModules modules, SignatureVerifier signatures)
{
    /// <summary>Checks all that needs no state, from cheap to dear; the signature comes last.</summary>
    public ValidationResult Check(Transaction transaction, out Address sender)
    {
        sender = default;
        ValidationResult form = CheckForm(transaction.Body);
        return form.IsValid ? signatures.Verify(transaction, out sender) : form;
    }

    /// <summary>
    /// Verifies the signatures of a block's transactions on all threads, so that <see cref="Check"/> finds the good ones known. Gives no
    /// verdict: that is for the checks in their order.
    /// </summary>
    internal void VerifyAhead(IReadOnlyList<Transaction> transactions) => signatures.VerifyAll(transactions, default, out _);

    /// <summary>Takes the signatures of transactions as good that a trusted block id fixes.</summary>
    internal void Vouch(IReadOnlyList<Transaction> transactions) => signatures.Vouch(transactions);

    /// <summary>Checks height, nonce and the balance for the fee against the state in which the transaction would execute.</summary>
    public ValidationResult CheckAgainst(TransactionBody body, Account sender, ulong height)
    {
        ValidationResult expiry = CheckExpiry(body, height);
        if (!expiry.IsValid)
        {
            return expiry;
        }

        if (body.Nonce != sender.Nonce)
        {
            ValidationCode code = body.Nonce < sender.Nonce ? ValidationCode.NonceTooLow : ValidationCode.NonceTooHigh;
            return ValidationResult.Fail(code, nameof(body.Nonce), $"The nonce is {body.Nonce}; the account's next is {sender.Nonce}.");
        }

        return CheckFee(body, sender.Balance);
    }

    /// <summary>Checks that the transaction may still execute at a height.</summary>
    public static ValidationResult CheckExpiry(TransactionBody body, ulong height) => body.ExpiryHeight >= height
        ? ValidationResult.Ok
        : ValidationResult.Fail(ValidationCode.Expired, nameof(body.ExpiryHeight), $"Expired at {body.ExpiryHeight}; this is {height}.");

    /// <summary>Checks that a balance pays the fee.</summary>
    public ValidationResult CheckFee(TransactionBody body, Amount balance)
    {
        Amount fee = TransactionGas.Fee(body, parameters);
        return balance >= fee
            ? ValidationResult.Ok
            : ValidationResult.Fail(
                ValidationCode.InsufficientBalance, nameof(body.MaxFeePerGas), $"The fee is {fee}; the sender has {balance}.");
    }

    /// <summary>Checks the signature, unless it is known to be good, and gives the sender. Dear.</summary>
    public ValidationResult CheckSignature(Transaction transaction, out Address sender) => signatures.Verify(transaction, out sender);

    /// <summary>Checks chain, nonce range, size, gas, price and payload: what needs neither state nor signature.</summary>
    public ValidationResult CheckForm(TransactionBody body)
    {
        if (body.ChainId != parameters.ChainId)
        {
            return ValidationResult.Fail(ValidationCode.WrongChain, nameof(body.ChainId), $"Chain {body.ChainId}; this is {parameters.ChainId}.");
        }

        if (body.Nonce == ulong.MaxValue)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(body.Nonce), "The largest nonce has no successor.");
        }

        if (body.Payload.Length > Transaction.MaxPayloadBytes)
        {
            return ValidationResult.Fail(
                ValidationCode.TooLarge, nameof(body.Payload), $"{body.Payload.Length} bytes; the limit is {Transaction.MaxPayloadBytes}.");
        }

        ValidationResult price = CheckPrice(body);
        if (!price.IsValid)
        {
            return price;
        }

        ILedgerModule? module = modules.Find(body.Kind);
        return module is null
            ? ValidationResult.Fail(ValidationCode.UnknownKind, nameof(body.Kind), $"No module executes the kind {(byte)body.Kind}.")
            : module.CheckPayload(body.Kind, body.Payload.Span);
    }

    private ValidationResult CheckPrice(TransactionBody body)
    {
        ulong gas = TransactionGas.Of(body);
        if (gas > body.GasLimit || gas > parameters.BlockGasLimit)
        {
            return ValidationResult.Fail(
                ValidationCode.OutOfGas, nameof(body.GasLimit), $"Uses {gas} gas; limits are {body.GasLimit} and {parameters.BlockGasLimit}.");
        }

        UInt128 price = parameters.BaseFeePerGas.BaseUnits + body.TipPerGas;
        return body.MaxFeePerGas < price
            ? ValidationResult.Fail(
                ValidationCode.FeeTooLow, nameof(body.MaxFeePerGas), $"Offers {body.MaxFeePerGas} a gas; base fee and tip are {price}.")
            : ValidationResult.Ok;
    }
}
