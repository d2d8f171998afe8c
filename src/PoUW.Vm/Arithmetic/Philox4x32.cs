namespace PoUW.Vm.Arithmetic;

/// <summary>
/// Philox4x32-10, a counter-based generator: every block is a pure function of key and counter (Salmon, Moraes, Dror, Shaw:
/// "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
/// </summary>
public static class Philox4x32
{
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;
    private const int Rounds = 10;

    /// <summary>
    /// One block of four words. Counter words are, from the first: low and high half of <paramref name="index"/>, then of
    /// <paramref name="stream"/>; key words are low and high half of <paramref name="key"/>.
    /// </summary>
    public static (uint X0, uint X1, uint X2, uint X3) Block(ulong key, ulong stream, ulong index)
    {
        unchecked // The generator is defined modulo 2^32.
        {
            (uint k0, uint k1) = ((uint)key, (uint)(key >> 32));
            (uint x0, uint x1, uint x2, uint x3) = ((uint)index, (uint)(index >> 32), (uint)stream, (uint)(stream >> 32));
            for (int round = 0; round < Rounds; round++)
            {
                ulong p0 = (ulong)Multiplier0 * x0;
                ulong p1 = (ulong)Multiplier1 * x2;
                (x0, x1, x2, x3) = ((uint)(p1 >> 32) ^ x1 ^ k0, (uint)p1, (uint)(p0 >> 32) ^ x3 ^ k1, (uint)p0);
                k0 += Weyl0;
                k1 += Weyl1;
            }

            return (x0, x1, x2, x3);
        }
    }

    /// <summary>The first two words of a block as one 64-bit value, first word low.</summary>
    public static long Next64(long key, long stream, long index)
    {
        (uint x0, uint x1, _, _) = Block(unchecked((ulong)key), unchecked((ulong)stream), unchecked((ulong)index));
        return unchecked((long)(((ulong)x1 << 32) | x0));
    }

    /// <summary>Maps a word to [-bound, bound] by multiplication; the bias is below (2 bound + 1) / 2^32.</summary>
    /// <param name="word">A word of a block.</param>
    /// <param name="bound">0 to 2^30.</param>
    public static int ToRange(uint word, int bound) => (int)((long)(((ulong)word * ((2UL * (ulong)bound) + 1)) >> 32) - bound);
}
