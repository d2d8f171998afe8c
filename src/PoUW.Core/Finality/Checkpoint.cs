using PoUW.Core.Primitives;

namespace PoUW.Core.Finality;

/// <summary>A checkpoint: the genesis block, or the last block of an epoch.</summary>
/// <param name="Height">The block's height.</param>
/// <param name="Id">
/// The block's id; zero for genesis in a state that does not know it, which is the genesis state itself and every state of a network
/// without the finality module.
/// </param>
public readonly record struct Checkpoint(ulong Height, Hash256 Id);
