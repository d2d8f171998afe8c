using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Sdk.Mining;

/// <summary>
/// Stands between the compute threads, which only know templates and tickets, and the chain: keeps a template on the head, and turns a
/// winning certificate into a block. Thread-safe.
/// </summary>
internal sealed class BlockProducer(BlockChain chain, TransactionPool pool, KeyPair producer, TimeProvider time, Action<Block> produced)
    : IWorkTemplateSource, ITicketSink, IChainObserver
{
    // A template older than this gets a new timestamp, so that headers stay close to the clock.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(500);

    // Every product gets a nonce of its own; no more products than this are ever under way on one node.
    private const int MaxRemembered = 16;

    private readonly Lock _gate = new();
    private readonly Lock _signing = new();
    private readonly Queue<(WorkTemplate Work, BlockTemplate Block)> _issued = new();
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
                if (_template is null || _stale || time.GetElapsedTime(_builtAt) > MaxAge)
                {
                    _template = Build();
                }

                return Issue(_template);
            }
        }
    }

    /// <inheritdoc/>
    public bool IsCurrent(WorkTemplate template)
    {
        lock (_gate)
        {
            return Find(template) is { } block && block.Header.ParentHash == chain.Head.Id;
        }
    }

    /// <summary>Blocks that this producer added to its chain.</summary>
    public long BlocksProduced { get; private set; }

    /// <summary>The next template must be built anew: the head or the pool has changed.</summary>
    public void Invalidate() => _stale = true;

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
    // moved on, and within one run the lock and the remembered parent keep a second signature from being made.
    private Block? ImportOnce(WorkTemplate template, WorkCertificate certificate)
    {
        lock (_signing)
        {
            if (Find(template) is not { } found || found.Header.ParentHash != chain.Head.Id || found.Header.ParentHash == _sealedParent)
            {
                return null;
            }

            _sealedParent = found.Header.ParentHash;
            Block block = found.Complete(certificate, producer);
            if (!chain.Import(block).IsValid)
            {
                return null;
            }

            BlocksProduced++;
            return block;
        }
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

    private WorkTemplate Issue(BlockTemplate template)
    {
        BlockTemplate block = template with { Header = template.Header with { Nonce = _nonce++ } };
        WorkTemplate work = WorkTemplate.Unbound(chain.Parameters.ChainId, block.IncompleteHeader.Span, _target);
        _issued.Enqueue((work, block));
        if (_issued.Count > MaxRemembered)
        {
            _issued.Dequeue();
        }

        return work;
    }

    private BlockTemplate? Find(WorkTemplate template)
    {
        lock (_gate)
        {
            return _issued.FirstOrDefault(issued => ReferenceEquals(issued.Work, template)).Block;
        }
    }
}
