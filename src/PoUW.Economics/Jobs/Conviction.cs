using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>
/// What a majority of auditors judged, kept in the state. In exact lanes it is a proven lie: anyone can replay the unit and compare the digests. A conviction
/// of lane T is the word of most of its auditors only (<see cref="Offence.OutOfBounds"/>, or a state that was not there): replays on other devices differ.
/// </summary>
/// <param name="JobId">The job.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Attempt">The lease attempt.</param>
/// <param name="Offender">Who lost stake.</param>
/// <param name="Offence">What it did.</param>
/// <param name="Claimed">Digest of what the offender said the record and the unit's wins are.</param>
/// <param name="Found">What most auditors opened: the digest that they found; in lane T that under audit, or <c>OutOfBounds</c> of it.</param>
/// <param name="Height">The block that judged.</param>
/// <param name="Slashed">What was taken.</param>
/// <param name="Provers">The auditors of the majority.</param>
public sealed record Conviction(
    Hash256 JobId, ulong Unit, ulong Attempt, Address Offender, Offence Offence, Hash256 Claimed, Hash256 Found, ulong Height, Amount Slashed,
    IReadOnlyList<Address> Provers)
{
    internal byte[] Encode()
    {
        RlpWriter writer = new RlpWriter().BeginList()
            .Write(JobId).Write(Unit).Write(Attempt).Write(Offender).Write((ulong)Offence).Write(Claimed).Write(Found).Write(Height).Write(Slashed)
            .BeginList();
        foreach (Address prover in Provers)
        {
            writer.Write(prover);
        }

        return writer.EndList().EndList().Finish();
    }

    internal static Conviction Decode(ReadOnlySpan<byte> encoded)
    {
        RlpReader outer = new(encoded);
        RlpReader fields = outer.ReadList();
        Conviction read = new(
            fields.ReadHash(), fields.ReadUInt64(), fields.ReadUInt64(), fields.ReadAddress(), (Offence)fields.ReadUInt64(byte.MaxValue),
            fields.ReadHash(), fields.ReadHash(), fields.ReadUInt64(), fields.ReadAmount(), []);
        RlpReader list = fields.ReadList();
        List<Address> provers = [];
        while (!list.AtEnd && !list.Failed)
        {
            provers.Add(list.ReadAddress());
        }

        return outer.TryFinish() && fields.TryFinish() && list.TryFinish()
            ? read with { Provers = provers }
            : throw new EconomicsException("A conviction in the state cannot be read.");
    }
}
