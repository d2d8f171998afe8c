namespace PoUW.Compute.TileWork;

/// <summary>What a backend that mines has drawn, for displays. May be read from any thread.</summary>
public interface ITicketCounters
{
    /// <summary>Tickets drawn so far.</summary>
    long TicketsDrawn { get; }

    /// <summary>Those of them that were bound to an operation of a lease.</summary>
    long BoundTicketsDrawn { get; }
}
