using PoUW.Core.Blocks;
using PoUW.Core.Chain;

namespace PoUW.Core.Tests.Chain;

/// <summary>Writes down what a chain tells its observers: "-height" for a block that left, "+height" for one that joined.</summary>
internal sealed class ChainRecorder : IChainObserver
{
    internal List<string> Heard { get; } = [];

    internal Action<Block>? OnAttached { get; set; }

    public void BlockDetached(Block block) => Heard.Add($"-{block.Header.Height}");

    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts)
    {
        Heard.Add($"+{block.Header.Height}");
        OnAttached?.Invoke(block);
    }
}
