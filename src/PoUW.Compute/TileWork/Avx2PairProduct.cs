using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace PoUW.Compute.TileWork;

/// <summary>VPMADDWD.</summary>
internal readonly struct Avx2PairProduct : IPairProduct
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Multiply(Vector256<short> x, Vector256<short> y) => Avx2.MultiplyAddAdjacent(x, y);
}
