using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Economics.Jobs;

/// <summary>A proven lie, kept in the state as evidence. Anyone can replay the unit and compare the digests.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Unit">The unit.</param>
/// <param name="Attempt">The lease attempt.</param>
/// <param name="Offender">Who lost stake.</param>
/// <param name="Offence">What it did.</param>
/// <param name="Claimed">Digest of what the offender said the record and the unit's wins are.</param>
/// <param name="Found">Digest of what the majority of the auditors found.</param>
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
