using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;

namespace PoUW.Core.Chain;

/// <summary>What a chain is made of.</summary>
public sealed record BlockChainOptions
{
    /// <summary>Where everything is kept. The chain uses the prefixes "chain/" and "state/" and does not own the store.</summary>
    public required IKeyValueStore Store { get; init; }

    /// <summary>The network.</summary>
    public required NetworkParameters Parameters { get; init; }

    /// <summary>The node's name, the tag "node" of the chain's measurements.</summary>
    public string Node { get; init; } = "node";

    /// <summary>Decides whether certificates are enough work.</summary>
    public required IWorkVerifier WorkVerifier { get; init; }

    /// <summary>How hard blocks are.</summary>
    public required IDifficultyRule Difficulty { get; init; }

    /// <summary>The network's ledger modules in their order, without transfers.</summary>
    public IReadOnlyList<ILedgerModule> Modules { get; init; } = [];

    /// <summary>
    /// The signature scheme of transactions and of producers' seals: by default libsecp256k1 where the machine has it, else the platform.
    /// </summary>
    public ISignatureScheme SignatureScheme { get; init; } = SignatureSchemes.CreateSecp256k1();

    /// <summary>How transaction signatures are verified and remembered.</summary>
    public SignatureVerifierOptions Signatures { get; init; } = new();

    /// <summary>What is final on a chain.</summary>
    public IFinalityRule Finality { get; init; } = new StakeFinality();

    /// <summary>Which operations of leases a block may claim.</summary>
    public ILeaseView Leases { get; init; } = new RejectingLeaseView();

    /// <summary>How many blocks up to the head keep their witness when <see cref="BlockChain.PruneWitnesses"/> is called.</summary>
    public ulong KeptWitnesses { get; init; } = 10_000;

    /// <summary>
    /// How many blocks up to the head keep their state when <see cref="BlockChain.PruneStates"/> is called; 0 to keep all states. States
    /// that are not final yet are kept in any case.
    /// </summary>
    public ulong KeptStates { get; init; }

    /// <summary>How much memory the states take.</summary>
    public WorldStateOptions State { get; init; } = new();

    /// <summary>
    /// A block that the operator trusts, from a source of its own: up to its height the chain takes blocks without witness, that is,
    /// without proof of their work, and no other block at its height. Everything else about them is checked. Null to take none.
    /// </summary>
    public Checkpoint? TrustedCheckpoint { get; init; }

    /// <summary>
    /// Told of an observer that throws, on the thread that delivers; must not throw. Null to have imports throw an
    /// <see cref="AggregateException"/> once all observers have heard everything.
    /// </summary>
    public Action<IChainObserver, Exception>? ObserverFailed { get; init; }

    /// <summary>The clock that limits timestamps.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
