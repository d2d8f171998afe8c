using PoUW.Core.Blocks;
using PoUW.Core.Primitives;

namespace PoUW.Core.Chain;

/// <summary>
/// Passes calls on to another observer and throws when they break the automaton of <see cref="IChainObserver"/>; a wrong call is not passed
/// on and changes nothing. For development and tests of hosts, of decorators, and of whatever replays notifications. Costs a hash a block and
/// the Merkle root of its receipts. Calls that overlap are found on whatever threads they come.
/// </summary>
/// <param name="inner">Who hears what is in order.</param>
/// <param name="tip">The header of the tip before the first call; null to take it from the first call, which is then not checked.</param>
public sealed class ValidatingChainObserver(IChainObserver inner, BlockHeader? tip = null) : IChainObserver
{
    private (ulong Height, Hash256 Id)? _tip = tip is null ? null : (tip.Height, tip.Id);
    private Hash256? _lastDetached;
    private int _inCall;

    /// <summary>The id of the tip; null before the first call if none was given.</summary>
    public Hash256? Tip => _tip?.Id;

    /// <summary>True while the calls so far cannot be all of a change: blocks were detached and none attached since.</summary>
    public bool IsInsideChange => _lastDetached is not null;

    /// <inheritdoc/>
    /// <exception cref="ChainException">The call breaks a rule, which the message names.</exception>
    public void BlockDetached(Block block)
    {
        Enter();
        try
        {
            Hash256 id = block.Id;
            Require(_tip is not { } tip || tip.Id == id, "a block that leaves is the tip", block, id);
            Require(block.Header.Height > 0, "genesis never leaves", block, id);
            _tip = (block.Header.Height - 1, block.Header.ParentHash);
            _lastDetached = id;
            inner.BlockDetached(block);
        }
        finally
        {
            Volatile.Write(ref _inCall, 0);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="ChainException">The call breaks a rule, which the message names.</exception>
    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts)
    {
        Enter();
        try
        {
            Hash256 id = block.Id;
            if (_tip is { } tip)
            {
                Require(tip.Id == block.Header.ParentHash, "a block that joins is a child of the tip", block, id);
                Require(tip.Height + 1 == block.Header.Height, "a block that joins is one higher than the tip", block, id);
            }

            Require(_lastDetached != id, "the first block that joins is not the last that left", block, id);
            Require(receipts.Count == block.Transactions.Count, "a block that joins has a receipt for each transaction", block, id);
            Require(Receipt.RootOf(receipts) == block.Header.ReceiptsRoot, "the receipts are those of the block", block, id);
            (_tip, _lastDetached) = ((block.Header.Height, id), null);
            inner.BlockAttached(block, receipts);
        }
        finally
        {
            Volatile.Write(ref _inCall, 0);
        }
    }

    private void Enter()
    {
        if (Interlocked.Exchange(ref _inCall, 1) != 0)
        {
            throw new ChainException("The order of a chain's events is broken: calls come one at a time, and one came inside another.");
        }
    }

    private void Require(bool holds, string rule, Block block, Hash256 id)
    {
        if (!holds)
        {
            string at = _tip is { } tip ? $"block {tip.Height} ({tip.Id.ToShortString()})" : "not known";
            throw new ChainException(
                $"The order of a chain's events is broken: {rule}. The call named block {block.Header.Height} ({id.ToShortString()}); the tip was {at}.");
        }
    }
}
