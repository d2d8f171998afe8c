using System.Buffers.Binary;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Workers;

/// <summary>
/// Reads and writes the list of registered workers in the state. Workers are numbered in the order of registration, so that a lease can
/// be assigned by number in constant time.
/// </summary>
public static class WorkerRegistry
{
    private const string Module = "workers";

    private static StateKey CountKey => StateKey.Create(Module, "count", []);

    /// <summary>Number of registered workers.</summary>
    public static ulong Count(IStateReader state)
    {
        byte[]? record = state.GetRecord(CountKey);
        return record is null ? 0 : BinaryPrimitives.ReadUInt64BigEndian(record);
    }

    /// <summary>The worker with a number below <see cref="Count"/>.</summary>
    public static Address At(IStateReader state, ulong index)
    {
        byte[] record = state.GetRecord(IndexKey(index))
            ?? throw new EconomicsException($"Worker {index} is missing from the state, which counts {Count(state)}.");
        return new Address(record);
    }

    /// <summary>True if the address is registered.</summary>
    public static bool Contains(IStateReader state, Address worker) => state.GetRecord(AddressKey(worker)) is not null;

    /// <summary>Adds a worker that is not registered yet.</summary>
    internal static void Add(IStateWriter state, Address worker)
    {
        ulong index = Count(state);
        state.SetRecord(IndexKey(index), worker.ToArray());
        state.SetRecord(AddressKey(worker), UInt64(index));
        state.SetRecord(CountKey, UInt64(index + 1));
    }

    private static StateKey IndexKey(ulong index) => StateKey.Create(Module, "at", UInt64(index));

    private static StateKey AddressKey(Address worker) => StateKey.Create(Module, "id", worker.ToArray());

    private static byte[] UInt64(ulong value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, value);
        return bytes;
    }
}
