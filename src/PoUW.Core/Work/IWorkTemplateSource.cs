namespace PoUW.Core.Work;

/// <summary>
/// Hands the current template to the mining side. Called by compute threads at the start of every ticketed product and in its middle, so it must be
/// cheap and thread-safe. The miner trusts its own node; a liar can only make it mine for nothing.
/// </summary>
public interface IWorkTemplateSource
{
    /// <summary>
    /// A template on the current head with a header that was never given out before, or null while there is nothing to mine on: the same
    /// operands under the same header would draw the same tickets again.
    /// </summary>
    WorkTemplate? Current { get; }

    /// <summary>
    /// A template whose tickets are bound to an operation of a lease, for one product; null if a ticket that won now would make no valid
    /// block, so that the product is better spent on <see cref="Current"/>. A source that knows no leases has none.
    /// </summary>
    /// <param name="claim">The operation.</param>
    /// <param name="shape">The shape of its product.</param>
    WorkTemplate? ForOperation(BoundClaim claim, in TileWorkShape shape) => null;

    /// <summary>
    /// Whether a template that was given out is still on the head. Asked several times a product, so it must be cheap; after false the miner
    /// asks for another template and starts to draw on that.
    /// </summary>
    bool IsCurrent(WorkTemplate template);
}
