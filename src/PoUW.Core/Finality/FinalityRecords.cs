using System.Buffers.Binary;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.State;

namespace PoUW.Core.Finality;

/// <summary>
/// The finality module's records: "status"; "checkpoint" by height; "link" by source and target height; "voter" by link and number;
/// "vote", the last vote of an account; "offence" by account and offence.
/// </summary>
internal static class FinalityRecords
{
    internal const string Module = "finality";

    private static readonly StateKey StatusKey = StateKey.Create(Module, "status", []);

    internal static FinalityStatus Status(IStateReader state)
    {
        return state.GetRecord(StatusKey) is { } stored ? FinalityStatus.Decode(stored) : FinalityStatus.Start;
    }

    internal static void SetStatus(IStateWriter state, FinalityStatus status) => state.SetRecord(StatusKey, status.Encode());

    internal static CheckpointRecord? Checkpoint(IStateReader state, ulong height)
    {
        return state.GetRecord(CheckpointKey(height)) is { } stored ? CheckpointRecord.Decode(stored) : null;
    }

    internal static void SetCheckpoint(IStateWriter state, ulong height, CheckpointRecord? checkpoint)
    {
        state.SetRecord(CheckpointKey(height), checkpoint?.Encode());
    }

    internal static VoteLink? Link(IStateReader state, ulong source, ulong target)
    {
        return state.GetRecord(LinkKey(source, target)) is { } stored ? VoteLink.Decode(stored) : null;
    }

    internal static void SetLink(IStateWriter state, ulong source, ulong target, VoteLink? link)
    {
        state.SetRecord(LinkKey(source, target), link?.Encode());
    }

    internal static Address Voter(IStateReader state, ulong source, ulong target, ulong number)
    {
        byte[]? stored = state.GetRecord(VoterKey(source, target, number));
        return stored is { Length: Address.Size } ? new Address(stored) : throw new StateTreeException("The record of a voter is damaged.");
    }

    internal static void SetVoter(IStateWriter state, ulong source, ulong target, ulong number, Address? voter)
    {
        state.SetRecord(VoterKey(source, target, number), voter?.ToArray());
    }

    internal static CheckpointVote? LastVote(IStateReader state, Address voter)
    {
        byte[]? stored = state.GetRecord(LastVoteKey(voter));
        if (stored is null)
        {
            return null;
        }

        return CheckpointVote.TryDecode(stored, out CheckpointVote? vote).IsValid
            ? vote
            : throw new StateTreeException("The record of a last vote is damaged.");
    }

    internal static void SetLastVote(IStateWriter state, Address voter, CheckpointVote vote) => state.SetRecord(LastVoteKey(voter), vote.Encode());

    internal static bool HasOffence(IStateReader state, Offence offence) => state.GetRecord(OffenceKey(offence)) is not null;

    internal static void AddOffence(IStateWriter state, Offence offence) => state.SetRecord(OffenceKey(offence), [1]);

    private static StateKey CheckpointKey(ulong height) => StateKey.Create(Module, "checkpoint", Numbers(height));

    private static StateKey LinkKey(ulong source, ulong target) => StateKey.Create(Module, "link", Numbers(source, target));

    private static StateKey VoterKey(ulong source, ulong target, ulong number) => StateKey.Create(Module, "voter", Numbers(source, target, number));

    private static StateKey LastVoteKey(Address voter) => StateKey.Create(Module, "vote", voter.ToArray());

    private static StateKey OffenceKey(Offence offence)
    {
        return StateKey.Create(Module, "offence", [.. offence.Offender.ToArray(), .. offence.Hash.ToArray()]);
    }

    private static byte[] Numbers(params ReadOnlySpan<ulong> values)
    {
        byte[] bytes = new byte[8 * values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(bytes.AsSpan(8 * i), values[i]);
        }

        return bytes;
    }
}
