namespace PoUW.Vm.Tests.Reference;

/// <summary>Philox4x32-10, from the paper of Salmon et al.: ten rounds on a counter of four words with a key of two.</summary>
internal static class ReferenceRandom
{
    /// <summary>Word i of the stream: word i mod 4 of the block i / 4.</summary>
    public static uint Word(long key, long stream, long index) => Block(key, stream, index / 4)[index % 4];

    public static uint[] Block(long key, long stream, long index)
    {
        uint[] counter = [Low(index), High(index), Low(stream), High(stream)];
        uint[] keys = [Low(key), High(key)];
        for (int round = 0; round < 10; round++)
        {
            UInt128 left = (UInt128)0xD2511F53 * counter[0];
            UInt128 right = (UInt128)0xCD9E8D57 * counter[2];
            counter =
            [
                (uint)(right >> 32) ^ counter[1] ^ keys[0],
                (uint)(right & uint.MaxValue),
                (uint)(left >> 32) ^ counter[3] ^ keys[1],
                (uint)(left & uint.MaxValue),
            ];
            keys = [(uint)((keys[0] + 0x9E3779B9L) & uint.MaxValue), (uint)((keys[1] + 0xBB67AE85L) & uint.MaxValue)];
        }

        return counter;
    }

    private static uint Low(long value) => (uint)(value & uint.MaxValue);

    private static uint High(long value) => (uint)((value >> 32) & uint.MaxValue);
}
