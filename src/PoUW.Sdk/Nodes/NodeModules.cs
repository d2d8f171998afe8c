using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Economics.Jobs;
using PoUW.Economics.Staking;
using PoUW.Economics.TileWork;

namespace PoUW.Sdk.Nodes;

/// <summary>The ledger modules of a network, in the order that is part of its rules.</summary>
internal static class NodeModules
{
    public static IReadOnlyList<ILedgerModule> Create(NetworkParameters parameters, ISignatureScheme signatures)
    {
        StakeModule stakes = new(parameters);
        return [stakes, new JobModule(), new WorkModule(), new FinalityModule(stakes, stakes, signatures)];
    }
}
