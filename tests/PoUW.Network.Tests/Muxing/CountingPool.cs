using System.Buffers;

namespace PoUW.Network.Tests.Muxing;

/// <summary>Counts what is rented and not returned.</summary>
internal sealed class CountingPool : ArrayPool<byte>
{
    private long _rented;

    public long Outstanding => Interlocked.Read(ref _rented);

    public override byte[] Rent(int minimumLength)
    {
        byte[] array = Shared.Rent(minimumLength);
        Interlocked.Add(ref _rented, array.Length);
        return array;
    }

    public override void Return(byte[] array, bool clearArray = false)
    {
        Interlocked.Add(ref _rented, -array.Length);
        Shared.Return(array, clearArray);
    }
}
