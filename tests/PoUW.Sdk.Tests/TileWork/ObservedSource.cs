using PoUW.Core.Work;
using PoUW.Sdk.Mining;

namespace PoUW.Sdk.Tests.TileWork;

/// <summary>Passes a producer's templates on, one a product, and lets the test act before each product of a unit.</summary>
internal sealed class ObservedSource(BlockProducer producer) : IWorkTemplateSource
{
    public Action<BoundClaim> BeforeOperation { get; set; } = static _ => { };

    public WorkTemplate? Current => producer.Current;

    // At the target of the scene every tile wins: a product that went on with a new template would make a block with each of its columns.
    public bool IsCurrent(WorkTemplate template) => true;

    public WorkTemplate? ForOperation(BoundClaim claim, in TileWorkShape shape)
    {
        BeforeOperation(claim);
        return producer.ForOperation(claim, shape);
    }
}
