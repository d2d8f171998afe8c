using PoUW.Compute.Data;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Economics.Jobs;
using PoUW.Network.Chunks;
using PoUW.Sdk.Nodes;
using PoUW.Sdk.Tests.Nodes;
using PoUW.Training.Workers;
using PoUW.Vm.Programs;
using PoUW.Vm.Text;

namespace PoUW.Sdk.Tests.Hostile;

/// <summary>One node that mines and trains, and a job that means harm.</summary>
[TestFixture]
public sealed class HostileJobTests
{
    private const string Slots =
        ".slot input images int8 8 4\n.slot input labels uint8 8 1\n.slot input order.key uint8 32 1\n.slot state w int32 1 1\n";

    private static readonly Dataset Data = SyntheticImages.Create(classes: 2, count: 8, side: 2, seed: 1);

    [TestCase(".entry init 1 i\n.entry train 2 t\n.code\ni:\nhalt\nt:\njump t\n", TestName = "An endless unit does not stop the chain")]
    [TestCase(".entry init 1 i\n.entry train 2 i\n.code\ni:\njump i\n", TestName = "An endless init does not stop the chain")]
    [TestCase(".entry other 0 i\n.code\ni:\nhalt\n", TestName = "A program without entry points does not stop the worker")]
    [CancelAfter(60_000)]
    public async Task The_worker_goes_on_after_a_hostile_job(string code, CancellationToken cancellation)
    {
        KeyPair key = TestNetwork.Key("miner");
        InMemoryChunkStore chunks = new();
        FailureObserver observer = new();
        PouwNodeOptions options = PouwNodeOptions.Development(key);
        await using PouwNode node = await PouwNode.StartAsync(options with
        {
            Parameters = options.Parameters with { BlockTimeMilliseconds = 100, LeaseBlocks = 10 },
            ChunkCache = chunks,
            Observer = observer,
        });
        await ReachAsync(node, 2, cancellation);
        JobManifest manifest = Publish(chunks, key, code);
        TransactionSigner signer = new(node.Chain.Parameters);
        byte[] payload = new SubmitJobPayload(manifest, manifest.TotalPrice).Encode();
        ulong nonce = node.View.State.GetAccount(key.Address).Nonce;
        ValidationResult sent = node.Submit(signer.Sign(key, TransactionKind.SubmitJob, nonce, payload, expiryHeight: 1_000));
        Assert.That(sent.IsValid, Is.True, sent.ToString());
        await observer.UnitFailed.WaitAsync(cancellation);
        await ReachAsync(node, node.View.Height + 5, cancellation);
        Assert.That(node.Worker!.Activity, Is.Not.EqualTo(WorkerActivity.Idle), "the worker runs");
    }

    private static JobManifest Publish(InMemoryChunkStore chunks, KeyPair key, string code)
    {
        ValidationResult parsed = Assembler.TryParse(Slots + code, out VmProgram? program);
        Assert.That(parsed.IsValid, Is.True, parsed.ToString());
        byte[] data = Data.Encode();
        chunks.Put(data);
        return new JobManifest
        {
            Client = key.Address,
            Name = "hostile",
            ProgramHash = chunks.Put(program!.Encode()),
            DatasetRoot = Data.Root,
            DatasetBlob = chunks.Put(BlobManifest.Describe(data, data.Length).Encode()),
            Seed = 1,
            TotalSteps = 1,
            StepsPerUnit = 1,
            UnitsPerRound = 1,
            UnitPrice = Amount.FromBaseUnits(1_000),
            AuditRateBasisPoints = 0,
            AuditorsPerUnit = 1,
            AuditFee = Amount.Zero,
            DeadlineBlocks = 1_000,
        };
    }

    private static async Task ReachAsync(PouwNode node, ulong height, CancellationToken cancellation)
    {
        while (node.View is { } view && view.Height < height)
        {
            await node.WaitForChangeAsync(view, cancellation);
        }
    }

    private sealed class FailureObserver : INodeObserver
    {
        private readonly TaskCompletionSource _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task UnitFailed => _failed.Task;

        public void Warn(string node, string message)
        {
            if (message.Contains("was not done", StringComparison.Ordinal))
            {
                _failed.TrySetResult();
            }
        }
    }
}
