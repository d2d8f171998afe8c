using PoUW.Core.Codec;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>The coins created and destroyed since genesis, as a record of the state.</summary>
internal readonly record struct SupplyRecord(Amount Minted, Amount Burned)
{
    internal static readonly Hash256 Path = StateKey.Create("core", "supply", []).Path;

    internal byte[] Encode() => new RlpWriter().BeginList().Write(Minted).Write(Burned).EndList().Finish();

    internal static SupplyRecord Decode(byte[]? stored)
    {
        if (stored is null)
        {
            return default;
        }

        RlpReader outer = new(stored);
        RlpReader items = outer.ReadList();
        SupplyRecord supply = new(items.ReadAmount(), items.ReadAmount());
        return items.TryFinish() && outer.TryFinish() ? supply : throw new StateTreeException("The supply record is damaged.");
    }
}
