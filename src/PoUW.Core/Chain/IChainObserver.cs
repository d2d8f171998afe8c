using PoUW.Core.Blocks;
using PoUW.Core.Notifications;

namespace PoUW.Core.Chain;

/// <summary>
/// Hears how the chain of the head changes. The automaton: its state is the tip; <see cref="BlockChain.Subscribe"/> returns the first one.
/// <list type="bullet">
/// <item><see cref="BlockDetached"/> names the tip; its parent becomes the tip. Genesis and what is final are never named.</item>
/// <item><see cref="BlockAttached"/> names a child of the tip; it becomes the tip. There are never two heads.</item>
/// <item>A change of the head detaches from the old head down to the fork, then attaches upward to the new head. After blocks were detached at
/// least one is attached, and the first is another one than the last that was detached.</item>
/// <item>Calls come one at a time, never one inside another.</item>
/// </list>
/// <see cref="ValidatingChainObserver"/> checks this at run time. The calls come after the change is durable and outside the chain's lock, so
/// an observer may call the chain, even <see cref="BlockChain.Import"/>; what that changes is told after the current call. The chain may be
/// ahead of the call: ask the block, not the head, what happened.
/// <para>Nothing is remembered over a restart: what was not told when the process ended is never told, and the next process starts from the head
/// that it opens. Hosts that must not miss a block use <see cref="ChainNotifications"/>.</para>
/// <para>An observer that throws keeps nobody from hearing, and goes on hearing itself. The exception goes to
/// <see cref="BlockChainOptions.ObserverFailed"/>, or without that, once everyone has heard everything, out of the import that delivers.</para>
/// </summary>
public interface IChainObserver
{
    /// <summary>A block left the chain of the head.</summary>
    void BlockDetached(Block block);

    /// <summary>A block joined the chain of the head.</summary>
    void BlockAttached(Block block, IReadOnlyList<Receipt> receipts);
}
