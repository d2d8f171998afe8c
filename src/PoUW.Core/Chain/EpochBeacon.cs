using System.Buffers.Binary;
using System.Text;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;

namespace PoUW.Core.Chain;

/// <summary>
/// Randomness from the tickets of an epoch: R_e = SHA-256("TW1/beacon" || the tickets of the epoch's blocks in order). Block h uses
/// R of epoch (h / EpochBlocks) - 2, so a whole epoch lies between the last ticket of a beacon value and its first use; before that, a
/// constant of the network. The producer of an epoch's last block can bias the value by withholding its block.
/// </summary>
public sealed class EpochBeacon
{
    private static readonly StateKey Running = StateKey.Create("core", "beacon", "running"u8);

    private readonly ulong _epochBlocks;

    /// <summary>The beacon of one network.</summary>
    public EpochBeacon(NetworkParameters parameters)
    {
        _epochBlocks = parameters.EpochBlocks;
        Genesis = Hash256.Sha256([.. Encoding.ASCII.GetBytes("genesis beacon"), .. NetworkParametersCodec.Hash(parameters).ToArray()]);
    }

    /// <summary>The value of the first two epochs.</summary>
    public Hash256 Genesis { get; }

    /// <summary>The value that a block at this height uses, given the state before its transactions.</summary>
    public Hash256 ForHeight(IStateReader state, ulong height)
    {
        ulong epoch = height / _epochBlocks;
        if (epoch < 2)
        {
            return Genesis;
        }

        byte[] stored = state.GetRecord(KeyOf(epoch - 2)) ?? throw new ChainException($"The beacon of epoch {epoch - 2} is not in the state.");
        return new Hash256(stored);
    }

    /// <summary>Adds the ticket of the block at <paramref name="height"/>; settles the epoch if that block was its last.</summary>
    internal void Append(IStateWriter state, ulong height, Hash256 ticket)
    {
        byte[] tickets = [.. state.GetRecord(Running) ?? [], .. ticket.ToArray()];
        if ((height + 1) % _epochBlocks != 0)
        {
            state.SetRecord(Running, tickets);
            return;
        }

        state.SetRecord(KeyOf(height / _epochBlocks), Hash256.Sha256([.. "TW1/beacon"u8, .. tickets]).ToArray());
        state.SetRecord(Running, null);
    }

    private static StateKey KeyOf(ulong epoch)
    {
        byte[] id = new byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(id, epoch);
        return StateKey.Create("core", "beacon", id);
    }
}
