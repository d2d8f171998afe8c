using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Tests.Mempool;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Chain;

/// <summary>
/// A chain of blocks of random transactions: payments good and bad, to oneself, to strangers and to the producer, with and without tips, burns,
/// and burns that are undone. After every block the coins are counted in three ways that must agree: the sum of all balances, what the
/// state says was minted and burned, and what parameters and receipts say. Shared by a test and the sweep "supply".
/// </summary>
internal sealed class SupplyRun : IDisposable
{
    private const int Rich = 64;
    private const int Signers = Rich * 2;
    private const int BlockTransactions = 1_000;

    private readonly Random _random;
    private readonly KeyPair _producer = KeyPair.Generate(new SeededRandomSource(1, "supply"));
    private readonly NetworkParameters _parameters;
    private readonly BlockChain _chain;
    private readonly ulong[] _nonces = new ulong[Signers];
    private readonly Address[] _addresses;
    private Amount _minted;
    private Amount _burned;

    internal SupplyRun(int seed)
    {
        _random = new Random(seed);
        _addresses = [.. Enumerable.Range(0, Signers).Select(TagScheme.AddressOf), _producer.Address];
        _parameters = NetworkParameters.Development with
        {
            Allocations = [.. _addresses.Take(Rich).Select(holder => new GenesisAllocation(holder, Amount.FromCoins((ulong)_random.Next(1, 50))))],
        };
        _minted = _parameters.Allocations.Aggregate(Amount.Zero, (sum, allocation) => sum + allocation.Amount);
        _chain = new BlockChain(new BlockChainOptions
        {
            Store = new InMemoryKeyValueStore(),
            Parameters = _parameters,
            WorkVerifier = new NonceWork(),
            Difficulty = new StepDifficulty(),
            Modules = [new BurnModule()],
            SignatureScheme = new TagScheme(),
        });
    }

    /// <summary>Transactions in blocks so far.</summary>
    internal int Transactions { get; private set; }

    /// <summary>How many of them failed and left nothing but their fee.</summary>
    internal int Failed { get; private set; }

    /// <summary>Blocks that were executed and thrown away.</summary>
    internal int Dropped { get; private set; }

    /// <summary>Blocks of the chain.</summary>
    internal ulong Blocks => _chain.Head.Height;

    public void Dispose() => _producer.Dispose();

    /// <summary>Grows the chain until it holds so many transactions.</summary>
    /// <returns>Null if every count agreed; else the first disagreement.</returns>
    internal string? Run(int transactions)
    {
        while (Transactions < transactions)
        {
            if (_random.Next(8) == 0)
            {
                Propose(Math.Min(100, transactions - Transactions));
                Dropped++;
            }

            BlockTemplate template = Propose(Math.Min(BlockTransactions, transactions - Transactions));
            Block block = template.Complete(NonceWork.Mine(template.Header), _producer);
            ValidationResult imported = _chain.Import(block);
            if (!imported.IsValid)
            {
                return $"block {template.Header.Height}: {imported}";
            }

            int before = Transactions;
            Account(block);
            if (Disagreement() is { } found)
            {
                return found;
            }

            if (Transactions == before)
            {
                return $"block {Blocks}: no transaction applies any more";
            }
        }

        return null;
    }

    private BlockTemplate Propose(int count)
    {
        StateSnapshot state = _chain.HeadState;
        for (int i = 0; i < Signers; i++)
        {
            _nonces[i] = state.GetAccount(_addresses[i]).Nonce;
        }

        IEnumerable<Transaction> candidates = Enumerable.Range(0, count).Select(_ => Next());
        return _chain.Propose(_producer.Address, candidates, _chain.Head.Header.TimestampMs + 1_000);
    }

    private Transaction Next()
    {
        int from = _random.Next(Signers);
        UInt128 amount = ((UInt128)_random.NextInt64() << _random.Next(4)) >> _random.Next(20);
        TransactionKind kind = _random.Next(6) == 0 ? TransactionKind.Stake : TransactionKind.Transfer;
        byte[] payload = kind == TransactionKind.Stake
            ? [(byte)_random.Next(2), .. BitConverter.GetBytes((ulong)(amount >> 16))]
            : new TransferPayload(_random.Next(8) == 0 ? _addresses[from] : _addresses[_random.Next(_addresses.Length)], new Amount(amount)).Encode();
        ulong tip = _random.Next(3) == 0 ? 0 : (ulong)_random.NextInt64(5_000_000_000);
        return TagScheme.Sign(new TransactionBody
        {
            Kind = kind,
            ChainId = _parameters.ChainId,
            Nonce = _nonces[from]++,
            GasLimit = TransactionGas.Intrinsic(payload.Length),
            MaxFeePerGas = (ulong)_parameters.BaseFeePerGas.BaseUnits + tip,
            TipPerGas = tip,
            Payload = payload,
            PublicKey = TagScheme.KeyOf(from),
        });
    }

    /// <summary>Adds what the block must have created and destroyed, by its receipts.</summary>
    private void Account(Block block)
    {
        _minted += SubsidySplit.BaseShare(_parameters);
        IReadOnlyList<Receipt> receipts = _chain.GetReceipts(block.Id)!;
        for (int i = 0; i < receipts.Count; i++)
        {
            TransactionBody body = block.Transactions[i].Body;
            _burned += _parameters.BaseFeePerGas * receipts[i].GasUsed;
            if (receipts[i].Succeeded && body.Kind == TransactionKind.Stake)
            {
                _burned += BurnModule.AmountOf(body.Payload.Span);
            }

            Failed += receipts[i].Succeeded ? 0 : 1;
        }

        Transactions += receipts.Count;
    }

    private string? Disagreement()
    {
        StateSnapshot state = _chain.HeadState;
        Amount sum = Amount.Zero;
        foreach (Address holder in _addresses)
        {
            sum += state.GetAccount(holder).Balance;
        }

        bool agrees = state.Minted == _minted && state.Burned == _burned && sum == _minted - _burned;
        return agrees
            ? null
            : $"block {Blocks}: balances {sum}; the state has {state.Minted} - {state.Burned}, the receipts {_minted} - {_burned}";
    }

    /// <summary>Burns what the payload says, and fails afterwards if its first byte is one.</summary>
    private sealed class BurnModule : ILedgerModule
    {
        public string Name => "burn";

        public IReadOnlyList<TransactionKind> Kinds { get; } = [TransactionKind.Stake];

        internal static Amount AmountOf(ReadOnlySpan<byte> payload) => new(BitConverter.ToUInt64(payload[1..]));

        public void Genesis(IStateWriter state)
        {
        }

        public ValidationResult CheckPayload(TransactionKind kind, ReadOnlySpan<byte> payload) => payload.Length == 9
            ? ValidationResult.Ok
            : ValidationResult.Fail(ValidationCode.Malformed, "Payload", "Nine bytes are wanted.");

        public ValidationResult Execute(TransactionContext transaction, IStateWriter state)
        {
            bool burned = state.TryBurn(transaction.Sender, AmountOf(transaction.Payload.Span));
            return burned && transaction.Payload.Span[0] == 0
                ? ValidationResult.Ok
                : ValidationResult.Fail(ValidationCode.NotAllowed, "Payload", "The burn is undone.");
        }

        public void EndBlock(BlockContext block, IStateWriter state)
        {
        }
    }
}
