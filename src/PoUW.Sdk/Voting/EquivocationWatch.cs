using PoUW.Core.Blocks;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Economics.Staking;
using PoUW.Training.Ledger;

namespace PoUW.Sdk.Voting;

/// <summary>
/// Looks for accounts that sign what nobody may sign twice: two blocks on one parent, or two conflicting checkpoint votes, on whatever
/// branches. What it finds goes on chain as evidence, once a pair. Remembers a bounded number of blocks and votes. Thread-safe.
/// </summary>
internal sealed class EquivocationWatch(AccountSender sender, ILedgerAccess ledger, ISignatureScheme signatures, Action<string> warn)
{
    private const int MaxBlocks = 4096;
    private const int MaxVoters = 4096;
    private const int MaxVotesPerVoter = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(Address Producer, Hash256 Parent), SignedHeader> _blocks = [];
    private readonly Queue<(Address Producer, Hash256 Parent)> _blockOrder = new();
    private readonly Dictionary<Address, Queue<(Transaction Transaction, CheckpointVote Vote)>> _votes = [];
    private readonly HashSet<Hash256> _reported = [];

    /// <summary>A block that the chain accepted, on whatever branch.</summary>
    public void Observe(Block block)
    {
        Evidence? evidence = null;
        lock (_gate)
        {
            (Address, Hash256) place = (block.Header.Producer, block.Header.ParentHash);
            if (!_blocks.TryGetValue(place, out SignedHeader? known))
            {
                Remember(place, block.SignedHeader);
            }
            else if (known.Header.Id != block.Id)
            {
                evidence = Evidence.OfBlocks(known, block.SignedHeader);
            }
        }

        Report(evidence, block.Header.Producer);
        foreach (Transaction transaction in block.Transactions)
        {
            Observe(transaction);
        }
    }

    /// <summary>A transaction that the pool admitted or a block holds.</summary>
    public void Observe(Transaction transaction)
    {
        bool isVote = transaction.Body.Kind == TransactionKind.CheckpointVote
            & CheckpointVote.TryDecode(transaction.Body.Payload.Span, out CheckpointVote? vote).IsValid;
        if (!isVote || !signatures.TryGetAddress(transaction.Body.PublicKey.Span, out Address voter))
        {
            return;
        }

        Evidence? evidence = null;
        lock (_gate)
        {
            if (!_votes.TryGetValue(voter, out Queue<(Transaction Transaction, CheckpointVote Vote)>? votes))
            {
                votes = new Queue<(Transaction Transaction, CheckpointVote Vote)>();
                TrimVoters();
                _votes.Add(voter, votes);
            }

            Transaction? conflicting = votes.FirstOrDefault(other => other.Vote.ConflictsWith(vote!)).Transaction;
            evidence = conflicting is null ? null : Evidence.OfVotes(conflicting, transaction);
            votes.Enqueue((transaction, vote!));
            if (votes.Count > MaxVotesPerVoter)
            {
                votes.Dequeue();
            }
        }

        Report(evidence, voter);
    }

    private void Remember((Address Producer, Hash256 Parent) place, SignedHeader header)
    {
        _blocks.Add(place, header);
        _blockOrder.Enqueue(place);
        if (_blockOrder.Count > MaxBlocks)
        {
            _blocks.Remove(_blockOrder.Dequeue());
        }
    }

    private void TrimVoters()
    {
        if (_votes.Count >= MaxVoters)
        {
            // Forgetting can only miss an offence, and the next pair shows it again.
            _votes.Clear();
        }
    }

    private void Report(Evidence? evidence, Address offender)
    {
        if (evidence is null || offender == sender.Key.Address)
        {
            return;
        }

        byte[] payload = evidence.Encode();
        StakeAccount stake = StakeLedger.Get(ledger.View.State, offender);
        lock (_gate)
        {
            if (stake.Bonded + stake.Unbonding == Amount.Zero || !_reported.Add(Hash256.Sha256(payload)))
            {
                return;
            }
        }

        ValidationResult result = sender.Send(TransactionKind.Evidence, payload);
        if (!result.IsValid)
        {
            warn($"evidence against {offender} was not admitted: {result}");
        }
    }
}
