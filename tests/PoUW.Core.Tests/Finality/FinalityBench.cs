using System.Buffers.Binary;
using PoUW.Core.Cryptography;
using PoUW.Core.Finality;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.State;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Finality;

/// <summary>
/// The finality module on a state, without blocks: block ids are hashes of heights and of the branch, and transactions are executed as a
/// block would (a failed one leaves no trace). Epochs have four blocks. One bench is one branch.
/// </summary>
internal sealed class FinalityBench : IDisposable
{
    private readonly FinalityBench? _trunk;
    private readonly ulong _forkHeight;
    private readonly byte _branch;

    internal FinalityBench(params ulong[] stakes)
    {
        Keys = [.. stakes.Select((_, i) => KeyPair.Generate(new SeededRandomSource((ulong)i, "voter")))];
        Stakes = new TestStakes([.. stakes.Select((coins, i) => (Keys[i].Address, Amount.FromCoins(coins)))]);
        Module = new FinalityModule(Stakes, Stakes, new Secp256k1Scheme());
        State = new StateOverlay(new WorldState(new InMemoryKeyValueStore()).At(StateVersion.Empty));
        Stakes.Genesis(State);
        Module.Genesis(State);
    }

    private FinalityBench(FinalityBench trunk, byte branch)
    {
        (_trunk, _forkHeight, _branch) = (trunk, trunk.Height, branch);
        (Keys, Stakes, Module, Height) = (trunk.Keys, trunk.Stakes, trunk.Module, trunk.Height);
        State = new StateOverlay(trunk.State);
    }

    internal static NetworkParameters Parameters { get; } = NetworkParameters.Development with { EpochBlocks = 4 };

    internal static Address Producer { get; } = Address.ForModule("producer", []);

    internal static Address Reporter { get; } = Address.ForModule("reporter", []);

    internal KeyPair[] Keys { get; }

    internal TestStakes Stakes { get; }

    internal FinalityModule Module { get; }

    internal StateOverlay State { get; }

    internal ulong Height { get; private set; }

    internal ulong Justified => FinalityLedger.Justified(State).Height;

    internal ulong Finalized => FinalityLedger.Finalized(State).Height;

    /// <summary>A branch with other ids above this height. The trunk must not change any more.</summary>
    internal FinalityBench Fork(byte branch) => new(this, branch);

    internal void AdvanceTo(ulong height)
    {
        while (Height < height)
        {
            Height++;
            Module.EndBlock(Context(Producer), State);
        }
    }

    internal Hash256 IdOf(ulong height)
    {
        if (_trunk is not null && height <= _forkHeight)
        {
            return _trunk.IdOf(height);
        }

        byte[] preimage = new byte[9];
        BinaryPrimitives.WriteUInt64BigEndian(preimage, height);
        preimage[8] = _branch;
        return Hash256.Sha256(preimage);
    }

    internal CheckpointVote Link(ulong source, ulong target) => new(source, IdOf(source), target, IdOf(target));

    internal ValidationCode Vote(int voter, ulong source, ulong target) => Vote(voter, Link(source, target));

    internal ValidationCode Vote(int voter, CheckpointVote vote, Address? producer = null)
    {
        return Execute(TransactionKind.CheckpointVote, Keys[voter].Address, vote.Encode(), producer ?? Producer);
    }

    internal ValidationCode Report(Evidence evidence, Address? reporter = null)
    {
        return Execute(TransactionKind.Evidence, reporter ?? Reporter, evidence.Encode(), Producer);
    }

    internal Transaction Sign(int voter, CheckpointVote vote, ulong nonce = 0)
    {
        return new TransactionSigner(Parameters).Sign(Keys[voter], TransactionKind.CheckpointVote, nonce, vote.Encode());
    }

    internal UInt128 PowerOf(int voter) => Stakes.PowerOf(State, Keys[voter].Address);

    /// <summary>Takes a voter's stake back, as an Unstake transaction does.</summary>
    internal void Unstake(int voter)
    {
        TransactionContext transaction = new(Hash256.Zero, TransactionKind.Unstake, Keys[voter].Address, 0, default, Context(Producer));
        Assert.That(Stakes.Execute(transaction, State).IsValid, Is.True);
    }

    public void Dispose()
    {
        foreach (KeyPair key in Keys)
        {
            key.Dispose();
        }
    }

    private ValidationCode Execute(TransactionKind kind, Address sender, byte[] payload, Address producer)
    {
        StateOverlay attempt = new(State);
        ValidationResult result = Module.Execute(new TransactionContext(Hash256.Zero, kind, sender, 0, payload, Context(producer)), attempt);
        if (result.IsValid)
        {
            attempt.MergeIntoParent();
        }

        return result.Code;
    }

    private BlockContext Context(Address producer)
    {
        return new BlockContext(Height, 0, IdOf(Height == 0 ? 0 : Height - 1), Hash256.Zero, producer, Hash256.Zero, 0, null, Parameters);
    }
}
