using PoUW.Core.Work;
using PoUW.Training.Workers;

namespace PoUW.Sdk.Mining;

/// <summary>
/// Keeps a worker to the schedule of its lease: before an operation that comes too early it does idle work until a block may claim it. Without
/// that, whoever is a little faster than the schedule is soon too far ahead for any bound ticket. Used by one compute thread.
/// </summary>
/// <param name="producer">Gives templates, and knows what is due.</param>
/// <param name="idle">What to do meanwhile; its thread is the one that asks for templates.</param>
/// <param name="stopping">Ends the waiting; the operation then draws what it can.</param>
internal sealed class PacedWork(BlockProducer producer, IIdleWork idle, CancellationToken stopping) : IWorkTemplateSource
{
    /// <inheritdoc/>
    public WorkTemplate? Current => producer.Current;

    /// <inheritdoc/>
    public bool IsCurrent(WorkTemplate template) => producer.IsCurrent(template);

    /// <inheritdoc/>
    public WorkTemplate? ForOperation(BoundClaim claim, in TileWorkShape shape)
    {
        while (producer.IsEarly(claim) && !stopping.IsCancellationRequested)
        {
            idle.RunOnce();
        }

        return producer.ForOperation(claim, shape);
    }
}
