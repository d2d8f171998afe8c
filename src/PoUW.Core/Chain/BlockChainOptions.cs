using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Storage;

namespace PoUW.Core.Chain;

/// <summary>What a chain is made of.</summary>
public sealed record BlockChainOptions
{
    /// <summary>Where everything is kept. The chain uses the prefixes "chain/" and "state/" and does not own the store.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>The network.</summary>
    public required NetworkParameters Parameters { get; init; }

    /// <summary>Decides whether certificates are enough work.</summary>
    public required IWorkVerifier WorkVerifier { get; init; }

    /// <summary>How hard blocks are.</summary>
    public required IDifficultyRule Difficulty { get; init; }

    /// <summary>The network's ledger modules in their order, without transfers.</summary>
    public IReadOnlyList<ILedgerModule> Modules { get; init; } = [];

    /// <summary>The signature scheme of transactions and of producers' seals.</summary>
    public ISignatureScheme SignatureScheme { get; init; } = new Secp256k1Scheme();

    /// <summary>What is final on a chain.</summary>
    public IFinalityRule Finality { get; init; } = new StakeFinality();

    /// <summary>Which operations of leases a block may claim.</summary>
    public ILeaseView Leases { get; init; } = new RejectingLeaseView();

    /// <summary>The clock that limits timestamps.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
