using PoUW.Core.Blocks;

namespace PoUW.Core.Chain;

/// <summary>
/// Hears how the chain of the head changes. The calls come one at a time and in exact order: in a reorganisation first every block that
/// leaves, from the old head down, then every block that joins, upward. They come after the change is durable and outside the chain's
/// lock, so an observer may call the chain, even <see cref="BlockChain.Import"/>; what that changes is told after the current call.
/// The chain may be ahead of the call: ask the block, not the head, what happened. An observer must not throw.
/// </summary>
public interface IChainObserver
{
    /// <summary>A block left the chain of the head.</summary>
    void BlockDetached(Block block);

    /// <summary>A block joined the chain of the head.</summary>
    void BlockAttached(Block block, IReadOnlyList<Receipt> receipts);
}
