using System.Runtime.Intrinsics;

namespace PoUW.Compute.Kernels.Pooling;

/// <summary>
/// A pooling or its gradient as a sum or maximum over a rectangle of source pixels, for each channel by itself. Implemented by structs
/// that hold the tensors, so that the compiler specialises the loops. Both methods give the same bits; any thread.
/// </summary>
internal interface IPooling
{
    /// <summary>Channels of a block.</summary>
    static int BlockChannels => Vector512<int>.Count;

    /// <summary>Computes sixteen channels of a target pixel.</summary>
    /// <param name="range">Source pixels.</param>
    /// <param name="target">Target pixel.</param>
    /// <param name="channel">First channel. Elements behind the last channel may be read and written: the caller vouches for them.</param>
    void Block(in PixelRange range, int target, int channel);

    /// <summary>Computes one channel of a target pixel.</summary>
    void One(in PixelRange range, int target, int channel);
}
