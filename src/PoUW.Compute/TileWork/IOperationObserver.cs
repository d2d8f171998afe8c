using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Compute.TileWork;

/// <summary>
/// Is told the commitments of every product that a program offers for tickets and that our rules take, in program order, whether or not
/// tickets were drawn: what the record of a job lists. Called on the thread that runs the program, after the product is done.
/// </summary>
public interface IOperationObserver
{
    /// <summary>A product is done.</summary>
    /// <param name="shape">True dimensions.</param>
    /// <param name="tagA">Tag of the stored A.</param>
    /// <param name="tagB">Tag of the stored B.</param>
    void Ticketed(in TileWorkShape shape, Hash256 tagA, Hash256 tagB);
}
