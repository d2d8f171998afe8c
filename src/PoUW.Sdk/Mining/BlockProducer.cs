using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Jobs;
using PoUW.Core.Ledger;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Sdk.Mining;

/// <summary>
/// Stands between the compute threads, which only know templates and tickets, and the chain: keeps a template on the head, and turns a
/// winning certificate into a block. Thread-safe.
/// </summary>
/// <remarks>
/// A product of a leased unit draws bound tickets whenever a block that claims it could be valid, because of the bonus. One exception: while
/// transactions wait and the head is a bound block, which took none, products draw unbound tickets, so that a lease cannot make fees wait.
/// </remarks>
internal sealed class BlockProducer(
    BlockChain chain, ILeaseView leases, TransactionPool pool, KeyPair producer, TimeProvider time, Action<Block> produced)
    : IWorkTemplateSource, ITicketSink, IChainObserver
{
    // A template older than this gets a new timestamp, so that headers stay close to the clock.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(500);

    // Every product gets a nonce of its own; no more products than this are ever under way on one node.
    private const int MaxRemembered = 16;

    private readonly Lock _gate = new();
    private readonly Lock _signing = new();
    private readonly ClaimCheck _claims = new(chain, leases, time);
    private readonly Queue<IssuedWork> _issued = new();
    private volatile bool _stale = true;
    private BlockTemplate? _template;
    private BigInteger _target;
    private ulong _nonce;
    private long _builtAt;
    private Hash256? _sealedParent;

    /// <inheritdoc/>
    public WorkTemplate? Current
    {
        get
        {
            lock (_gate)
            {
                return IssueUnbound(Fresh());
            }
        }
    }

    /// <inheritdoc/>
    public bool IsCurrent(WorkTemplate template) => Find(template) is { } issued && issued.Parent == chain.Head.Id;

    /// <summary>Blocks that this producer added to its chain.</summary>
    public long BlocksProduced { get; private set; }

    /// <summary>Those of them whose ticket was bound to an operation of a lease.</summary>
    public long BoundBlocksProduced { get; private set; }

    /// <summary>The next template must be built anew: the head or the pool has changed.</summary>
    public void Invalidate() => _stale = true;

    /// <inheritdoc/>
    public WorkTemplate? ForOperation(BoundClaim claim, in TileWorkShape shape)
    {
        lock (_gate)
        {
            BlockTemplate onHead = Fresh();
            if (pool.Count > 0 && chain.Head.Header.Claim is not null)
            {
                return null;
            }

            return _claims.DateOf(claim, shape, onHead.Header) is { } date ? IssueBound(onHead.Header, claim, date) : null;
        }
    }

    /// <summary>True if an operation of a lease in force cannot be claimed yet, and will be.</summary>
    public bool IsEarly(BoundClaim claim)
    {
        lock (_gate)
        {
            return _claims.IsEarly(claim);
        }
    }

    /// <inheritdoc/>
    public void Submit(WorkTemplate template, WorkCertificate certificate)
    {
        Block? block = ImportOnce(template, certificate);
        if (block is not null)
        {
            produced(block);
        }
    }

    /// <inheritdoc/>
    public void BlockDetached(Block block) => Invalidate();

    /// <inheritdoc/>
    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts) => Invalidate();

    // Two signed blocks on one parent cost the whole stake. The chain is durable before anyone sees the block, so a restart finds the head
    // moved on, and within one run the lock and the remembered parent keep a second signature from being made, whatever the ticket's form.
    private Block? ImportOnce(WorkTemplate template, WorkCertificate certificate)
    {
        lock (_signing)
        {
            if (Find(template) is not { } found || found.Parent != chain.Head.Id || found.Parent == _sealedParent)
            {
                return null;
            }

            if ((found.Block ?? BuildBound(found)) is not { } content || content.Header.ParentHash != found.Parent)
            {
                return null; // The clock was set back, or the head has moved while the block was built.
            }

            _sealedParent = found.Parent;
            Block block = content.Complete(certificate, producer);
            if (!chain.Import(block).IsValid)
            {
                return null;
            }

            BlocksProduced++;
            BoundBlocksProduced += found.Claim is null ? 0 : 1;
            return block;
        }
    }

    // The ticket does not bind the time, so it is that of the win. A clock that was set back since may make it too early: nothing is sealed then,
    // since the chain would refuse the block, and the parent could have no other one of ours.
    private BlockTemplate? BuildBound(IssuedWork found)
    {
        ulong now = (ulong)time.GetUtcNow().ToUnixTimeMilliseconds();
        if (found.EarliestMs > now + WorkSchedule.LeadOf(chain.Parameters))
        {
            return null;
        }

        return chain.ProposeBound(producer.Address, found.Claim!, Math.Max(now, found.EarliestMs));
    }

    private BlockTemplate Fresh()
    {
        if (_template is null || _stale || time.GetElapsedTime(_builtAt) > MaxAge)
        {
            _template = Build();
        }

        return _template;
    }

    private BlockTemplate Build()
    {
        _stale = false;
        _builtAt = time.GetTimestamp();
        BlockTemplate block = chain.Propose(producer.Address, pool.Select(chain.Parameters.BlockGasLimit));
        return CompactTarget.TryDecode(block.Header.Bits, out _target)
            ? block
            : throw new ChainException($"The difficulty rule gave {block.Header.Bits:x8}, which is no compact target.");
    }

    private WorkTemplate IssueUnbound(BlockTemplate template)
    {
        BlockTemplate block = template with { Header = template.Header with { Nonce = _nonce++ } };
        WorkTemplate work = WorkTemplate.Unbound(chain.Parameters.ChainId, block.IncompleteHeader.Span, _target);
        return Remember(new IssuedWork(work, block.Header.ParentHash, block, null, 0));
    }

    private WorkTemplate IssueBound(BlockHeader onHead, BoundClaim claim, ulong date)
    {
        WorkTemplate work = WorkTemplate.Bound(
            chain.Parameters.ChainId, onHead.Height, onHead.ParentHash, onHead.Bits, claim, producer.Address, _target);
        return Remember(new IssuedWork(work, onHead.ParentHash, null, claim, date));
    }

    private WorkTemplate Remember(IssuedWork issued)
    {
        _issued.Enqueue(issued);
        if (_issued.Count > MaxRemembered)
        {
            _issued.Dequeue();
        }

        return issued.Work;
    }

    private IssuedWork? Find(WorkTemplate template)
    {
        lock (_gate)
        {
            return _issued.FirstOrDefault(issued => ReferenceEquals(issued.Work, template));
        }
    }
}
