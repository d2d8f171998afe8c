using System.Runtime.CompilerServices;
using PoUW.Compute.Kernels.Lanes;

namespace PoUW.Compute.Kernels.Elementwise;

/// <summary>d = fma((float)s, scale, offset).</summary>
internal readonly unsafe struct ConvertStep<TSource>(float* d, byte* s, float scale, float offset) : IElementStep
    where TSource : IIntegerSource
{
    private const int LargestVector = 64;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step<TLane, TFloat, TWide>(nint at, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        unchecked // Inside the tensors.
        {
            byte* source = s + (at * TSource.Size);
            TFloat x = count == TLane.Width ? TSource.Load<TLane, TFloat, TWide>(source) : LoadPart<TLane, TFloat, TWide>(source, count);
            LaneMemory<TLane, TFloat, TWide>.Store(TLane.Fma(x, TLane.Create(scale), TLane.Create(offset)), d + at, count);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static TFloat LoadPart<TLane, TFloat, TWide>(byte* source, nint count)
        where TLane : IFloatLane<TFloat, TWide>
        where TFloat : unmanaged
        where TWide : unmanaged
    {
        byte* block = stackalloc byte[LargestVector];
        Unsafe.InitBlock(block, 0, LargestVector);
        Unsafe.CopyBlock(block, source, (uint)(count * TSource.Size));
        return TSource.Load<TLane, TFloat, TWide>(block);
    }
}
