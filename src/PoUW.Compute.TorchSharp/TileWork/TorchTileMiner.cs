using System.Runtime.InteropServices;
using PoUW.Compute.TorchSharp.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Core;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Core.Work;
using TorchSharp;

namespace PoUW.Compute.TorchSharp.TileWork;

/// <summary>
/// Multiplies on a device and draws a ticket from every tile on the way: the tickets and the product of <c>TileWorkMiner</c>, bit for bit. Operands are committed,
/// and tickets hashed, on the processor. One call at a time; the counters may be read from any thread.
/// </summary>
public sealed class TorchTileMiner
{
    private readonly torch.Device _device;
    private readonly long _maxBytes;
    private bool _tf32;
    private long _ticketsDrawn;
    private long _macsTicketed;
    private long _certificatesFound;

    /// <summary>Takes a device and compares its tickets with the definition of tile work.</summary>
    /// <param name="device">The device.</param>
    /// <param name="maxDeviceBytes">Bytes of the device that a product may use.</param>
    /// <exception cref="PouwException">The device draws other tickets, or libtorch does not load: mining on it would yield invalid blocks.</exception>
    public TorchTileMiner(TorchDevice device, long maxDeviceBytes = 2L << 30)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxDeviceBytes);
        if (!TorchDiscovery.Run().Devices.Contains(device))
        {
            throw new PouwException($"There is no device {device} here.");
        }

        (Device, _device, _maxBytes) = (device, device.ToTorch(), maxDeviceBytes);
        _tf32 = device.Kind == TorchDeviceKind.Cuda; // With TF32 if the device is exact so, else without.
        bool exact = TileSelfTest.Passes(this);
        if (!exact && _tf32)
        {
            _tf32 = false;
            exact = TileSelfTest.Passes(this);
        }

        if (!exact)
        {
            throw new PouwException($"The tickets of {device} are not those of the definition; mining on it would yield invalid blocks.");
        }

        (_ticketsDrawn, _macsTicketed, _certificatesFound) = (0, 0, 0);
    }

    /// <summary>The device.</summary>
    public TorchDevice Device { get; }

    /// <summary>Tickets drawn so far.</summary>
    public long TicketsDrawn => Interlocked.Read(ref _ticketsDrawn);

    /// <summary>Padded multiply-accumulates behind those tickets.</summary>
    public long MacsTicketed => Interlocked.Read(ref _macsTicketed);

    /// <summary>Winning tickets found so far.</summary>
    public long CertificatesFound => Interlocked.Read(ref _certificatesFound);

    /// <summary>Multiplies and draws.</summary>
    /// <param name="shape">True dimensions, within the consensus limits.</param>
    /// <param name="a">Stored A, row-major, entries in [-64, 63].</param>
    /// <param name="b">Stored B, row-major, entries in [-64, 63].</param>
    /// <param name="c">Receives M x N sums.</param>
    /// <param name="template">What to mine on.</param>
    /// <param name="sink">Gets every winning certificate, after our own scalar verification, on this thread, once the product is done.</param>
    /// <param name="isCurrent">Asked when the product is done: tickets of a template that is no longer current are forgotten. Null: it is.</param>
    /// <returns>False if the device has no memory for the product or failed; nothing was drawn then, and the sums are undefined.</returns>
    /// <exception cref="ArgumentException">The shape is not valid, a span has the wrong length, or an entry is out of range.</exception>
    /// <exception cref="PouwException">An own certificate fails verification.</exception>
    public bool TryMultiply(
        in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c, WorkTemplate template, ITicketSink sink,
        Func<WorkTemplate, bool>? isCurrent = null)
    {
        CheckArguments(shape, a, b, c);
        MatrixCommitment treeA = MatrixCommitment.Compute(a, shape.StoredRowsA, shape.StoredColumnsA);
        MatrixCommitment treeB = MatrixCommitment.Compute(b, shape.StoredRowsB, shape.StoredColumnsB);
        TileWorkSeeds seeds = TileWorkSeeds.Derive(template.Sigma, shape, treeA.Tag, treeB.Tag, template.Binding);
        List<WinningTile> wins = [];
        for (int tiles = shape.TileColumns; tiles >= 1; tiles /= 2)
        {
            // What comes home must fit an array.
            long home = (long)shape.TileRows * TileWorkParameters.TileSize * tiles * TileWorkParameters.TileSize * sizeof(int);
            ProductOutcome outcome = TileTensors.BytesOf(shape, tiles) > _maxBytes || home > int.MaxValue
                ? ProductOutcome.OutOfMemory
                : Run(shape, a, b, c, seeds, template, tiles, wins);
            if (outcome == ProductOutcome.Failed)
            {
                return false;
            }

            if (outcome == ProductOutcome.Done)
            {
                if (isCurrent?.Invoke(template) ?? true)
                {
                    Interlocked.Add(ref _ticketsDrawn, (long)shape.TileRows * shape.TileColumns * shape.Segments);
                    Interlocked.Add(ref _macsTicketed, shape.PaddedMacs);
                    foreach (WinningTile win in wins)
                    {
                        Certify(shape, a, treeA, b, treeB, template, win, sink);
                    }
                }

                return true;
            }
        }

        return false;
    }

    private static void CheckArguments(in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c)
    {
        ValidationResult valid = shape.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(shape));
        }

        if (a.Length != (long)shape.M * shape.K || b.Length != (long)shape.K * shape.N || c.Length != (long)shape.M * shape.N)
        {
            throw new ArgumentException($"The operands do not fit {shape}.", nameof(a));
        }

        const sbyte least = TileWorkParameters.MinOperand, most = TileWorkParameters.MaxOperand;
        if (a.ContainsAnyExceptInRange(least, most) || b.ContainsAnyExceptInRange(least, most))
        {
            throw new ArgumentException($"An operand has an entry outside of [{least}, {most}].", nameof(a));
        }
    }

    private ProductOutcome Run(
        in TileWorkShape shape, ReadOnlySpan<sbyte> a, ReadOnlySpan<sbyte> b, Span<int> c, TileWorkSeeds seeds, WorkTemplate template, int tiles,
        List<WinningTile> wins)
    {
        const int edge = TileWorkParameters.TileSize;
        wins.Clear();
        try
        {
            using DisposeScope scope = torch.NewDisposeScope();
            using IDisposable noGradients = torch.no_grad();
            using IDisposable? setting = TorchSettings.Hold(_device, _tf32);
            TileTensors tensors = new(shape, a, b, seeds, _device);
            for (int first = 0; first < shape.TileColumns; first += tiles)
            {
                using DisposeScope block = torch.NewDisposeScope();
                int count = Math.Min(tiles, shape.TileColumns - first);
                List<torch.Tensor> states = [];
                torch.Tensor product = tensors.Multiply(first, count, states);
                torch.Tensor inside = product.narrow(0, 0, shape.M).narrow(1, 0, Math.Min(count * edge, shape.N - (first * edge)));
                TorchMemory.Download(inside, c[(first * edge)..], shape.N);
                Scan(shape, seeds, template, states, first, wins);
            }

            return ProductOutcome.Done;
        }
        catch (ExternalException failure)
        {
            return TorchMemory.IsOutOfMemory(failure) ? ProductOutcome.OutOfMemory : ProductOutcome.Failed;
        }
    }

    /// <summary>Columns of tiles first, then rows, then segments: the order in which the default miner reports.</summary>
    private static void Scan(
        in TileWorkShape shape, TileWorkSeeds seeds, WorkTemplate template, List<torch.Tensor> states, int firstTile, List<WinningTile> wins)
    {
        const int words = TileWorkParameters.StateWords;
        uint[][] segments = [.. states.Select(static state => MemoryMarshal.Cast<byte, uint>(state.cpu().contiguous().bytes).ToArray())];
        int tiles = segments[0].Length / words / shape.TileRows;
        for (int cell = 0; cell < tiles * shape.TileRows; cell++)
        {
            (int column, int row) = (cell / shape.TileRows, cell % shape.TileRows);
            for (int segment = 0; segment < segments.Length; segment++)
            {
                ReadOnlySpan<uint> state = segments[segment].AsSpan(((row * tiles) + column) * words, words);
                Hash256 ticket = seeds.Ticket(state, row, firstTile + column, segment);
                if (WorkTarget.TryThreshold(template.Target, shape.UnitMacs(segment), out Hash256 most) && ticket <= most)
                {
                    wins.Add(new WinningTile(row, firstTile + column, segment, state.ToArray(), ticket));
                }
            }
        }
    }

    private void Certify(
        in TileWorkShape shape, ReadOnlySpan<sbyte> a, MatrixCommitment treeA, ReadOnlySpan<sbyte> b, MatrixCommitment treeB, WorkTemplate template,
        WinningTile win, ITicketSink sink)
    {
        WorkCertificate certificate = win.Certify(template, shape, a, treeA.Tree.Span, b, treeB.Tree.Span);
        ValidationResult result = WorkVerifier.VerifyScalar(template, certificate, out Hash256 ticket);
        if (!result.IsValid || ticket != win.Ticket)
        {
            throw new PouwException($"A winning tile of our own fails verification: {result}. The device or the memory of this machine is faulty.");
        }

        Interlocked.Increment(ref _certificatesFound);
        sink.Submit(template, certificate);
    }
}
