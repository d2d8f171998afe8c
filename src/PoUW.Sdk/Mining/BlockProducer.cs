using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Sdk.Mining;

/// <summary>
/// Stands between the compute threads, which only know templates and tickets, and the chain: keeps a template on the head, and turns a
/// winning certificate into a block. Thread-safe.
/// </summary>
internal sealed class BlockProducer(BlockChain chain, TransactionPool pool, Address producer, TimeProvider time, Action<Block> produced)
    : IWorkTemplateSource, ITicketSink, IChainObserver
{
    // A template older than this gets a new timestamp, so that headers stay close to the clock.
    private static readonly TimeSpan MaxAge = TimeSpan.FromMilliseconds(500);

    // Products that run when a template is replaced may still win on the old one; more than this many are never under way.
    private const int MaxRemembered = 16;

    private readonly Lock _gate = new();
    private readonly List<(WorkTemplate Work, BlockTemplate Block)> _issued = [];
    private volatile bool _stale = true;
    private long _builtAt;

    /// <inheritdoc/>
    public WorkTemplate? Current
    {
        get
        {
            lock (_gate)
            {
                if (_stale || time.GetElapsedTime(_builtAt) > MaxAge)
                {
                    Build();
                }

                return _issued[^1].Work;
            }
        }
    }

    /// <summary>Blocks that this producer added to its chain.</summary>
    public long BlocksProduced { get; private set; }

    /// <summary>The next template must be built anew: the head or the pool has changed.</summary>
    public void Invalidate() => _stale = true;

    /// <inheritdoc/>
    public void Submit(WorkTemplate template, WorkCertificate certificate)
    {
        if (Find(template) is not { } found || found.Header.ParentHash != chain.Head.Id)
        {
            return;
        }

        Block block = found.Complete(certificate);
        ValidationResult result = chain.Import(block);
        if (result.IsValid)
        {
            BlocksProduced++;
            produced(block);
        }
    }

    /// <inheritdoc/>
    public void BlockDetached(Block block) => Invalidate();

    /// <inheritdoc/>
    public void BlockAttached(Block block, IReadOnlyList<Receipt> receipts) => Invalidate();

    private void Build()
    {
        _stale = false;
        BlockTemplate block = chain.Propose(producer, pool.Select(chain.Parameters.BlockGasLimit));
        if (!CompactTarget.TryDecode(block.Header.Bits, out BigInteger target))
        {
            throw new ChainException($"The difficulty rule gave {block.Header.Bits:x8}, which is no compact target.");
        }

        _issued.Add((new WorkTemplate(chain.Parameters.ChainId, block.IncompleteHeader, target), block));
        if (_issued.Count > MaxRemembered)
        {
            _issued.RemoveAt(0);
        }

        _builtAt = time.GetTimestamp();
    }

    private BlockTemplate? Find(WorkTemplate template)
    {
        lock (_gate)
        {
            return _issued.Find(issued => ReferenceEquals(issued.Work, template)).Block;
        }
    }
}
