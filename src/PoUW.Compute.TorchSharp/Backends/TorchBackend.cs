using PoUW.Compute.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// A backend whose large integer products run on devices of libtorch, bit for bit as defined; everything else, lane R included, is the inner
/// backend's. A device is used after it passed a self-test, with the first method that does, and until one of the products that are checked is wrong;
/// without one, or where a device has no memory or fails, the inner backend does the product. Several devices share the rows of a product by their measured speed. Not thread-safe, as a machine needs it;
/// the properties may be read from any thread.
/// </summary>
public sealed class TorchBackend : ITensorBackend, IDisposable
{
    private readonly ITensorBackend _inner;
    private readonly TorchBackendOptions _options;
    private readonly ProductCheck _check;
    private volatile Split _split;
    private volatile string? _problem;
    private int _unchecked;
    private long _products;
    private long _outOfMemory;
    private long _failures;

    /// <summary>Discovers the devices, tests them, and takes the default backend for the rest.</summary>
    /// <param name="options">Devices and limits; null for the defaults.</param>
    public TorchBackend(TorchBackendOptions? options = null)
        : this(new CpuBackend(), options)
    {
    }

    /// <summary>Discovers the devices and tests them. Never throws for want of one: <see cref="Problem"/> says what is amiss.</summary>
    /// <param name="inner">Does what no device does; disposed of with this backend if it can be.</param>
    /// <param name="options">Devices and limits; null for the defaults.</param>
    public TorchBackend(ITensorBackend inner, TorchBackendOptions? options = null)
        : this(inner, options ?? new TorchBackendOptions(), null)
    {
    }

    /// <summary>The same with other products, to show what happens when one is wrong or fails.</summary>
    internal TorchBackend(ITensorBackend inner, TorchBackendOptions options, Func<TorchDevice, ProductMethod, IDeviceProduct>? create)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.MaxDeviceBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(options.CheckEvery);
        (_inner, _options, _check) = (inner, options, new ProductCheck(options.CheckSeed));
        TorchDiscovery discovery = create is null ? TorchDiscovery.Run() : new TorchDiscovery(options.Devices ?? [], null);
        IReadOnlyList<TorchDevice> wanted = discovery.Devices.Count == 0 ? [] : options.Devices ?? discovery.Best;
        create ??= (device, method) => new TorchProduct(device, method, options.MaxDeviceBytes);
        _problem = discovery.Problem;
        DeviceLane[] tested = DeviceLane.Choose(wanted, create);
        if (tested.Any(static lane => lane.Product is null))
        {
            Report("Not exact, hence not used", tested.Where(static lane => lane.Product is null));
        }

        DeviceLane[] lanes = [.. tested.Where(static lane => lane.Product is not null)];
        _split = new Split(lanes, lanes.Length <= 1 ? [.. lanes.Select(static _ => 1.0)] : [.. lanes.Select(lane => lane.Measure(options.Time))]);
    }

    /// <summary>The devices in use; empty if the inner backend does everything.</summary>
    public IReadOnlyList<DeviceStatus> Devices => _split.Status();

    /// <summary>Why devices are missing, or no longer used; null if there is nothing to say.</summary>
    public string? Problem => _problem;

    /// <summary>Products that devices did.</summary>
    public long DeviceProducts => Interlocked.Read(ref _products);

    /// <summary>Products that the inner backend did because a device had no memory for them.</summary>
    public long OutOfMemory => Interlocked.Read(ref _outOfMemory);

    /// <summary>Products that the inner backend did because a device failed, or was seen to be wrong.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        if (a.Type != TensorType.Int8 || _split.Lanes.Length == 0 || shape.MacCount < _options.MinimumMacs)
        {
            _inner.MatMul(shape, a, b, c);
            return;
        }

        switch (Multiply(shape, a, b, c))
        {
            case ProductOutcome.Done:
                Interlocked.Increment(ref _products);
                return;
            case ProductOutcome.OutOfMemory:
                Interlocked.Increment(ref _outOfMemory);
                break;
            default:
                Interlocked.Increment(ref _failures);
                break;
        }

        _inner.MatMul(shape, a, b, c);
    }

    /// <inheritdoc/>
    public long Run(TensorOp operation, in TensorCall call) => _inner.Run(operation, call);

    /// <inheritdoc/>
    public void MemCopy(in RowRange rows, Tensor destination, Tensor source) => _inner.MemCopy(rows, destination, source);

    /// <inheritdoc/>
    public void Checkpoint(string name, IReadOnlyList<Tensor> state) => _inner.Checkpoint(name, state);

    /// <inheritdoc/>
    public void Dispose() => (_inner as IDisposable)?.Dispose();

    private ProductOutcome Multiply(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        Split split = _split;
        Range[] rows = Rows(shape.M, split.Shares);
        ProductOutcome outcome = Multiply(split.Lanes, rows, shape, a, b, c);
        if (outcome != ProductOutcome.Done || _options.CheckEvery == 0 || ++_unchecked < _options.CheckEvery)
        {
            return outcome;
        }

        _unchecked = 0;
        int wrong = _check.FirstWrongRow(shape, a.Int8, b.Int8, c.Int32);
        if (wrong < 0)
        {
            return ProductOutcome.Done;
        }

        // The next product is checked again: the others' rows below this one were not looked at.
        _unchecked = _options.CheckEvery - 1;
        int lane = Array.FindIndex(rows, range => wrong >= range.Start.Value && wrong < range.End.Value);
        Report("Gave a wrong product, hence no longer used", [split.Lanes[lane]]);
        _split = split.Without(lane);
        return ProductOutcome.Failed;
    }

    private static ProductOutcome Multiply(DeviceLane[] lanes, Range[] rows, in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        if (lanes.Length == 1)
        {
            return lanes[0].Product!.Multiply(shape, .., a.Int8, b.Int8, c.Int32);
        }

        MatMulShape whole = shape;
        ProductOutcome[] outcomes = new ProductOutcome[lanes.Length];
        Parallel.For(0, lanes.Length, i =>
            outcomes[i] = rows[i].Start.Equals(rows[i].End) ? ProductOutcome.Done : lanes[i].Product!.Multiply(whole, rows[i], a.Int8, b.Int8, c.Int32));
        return outcomes.Max();
    }

    /// <summary>Consecutive ranges in proportion to the shares.</summary>
    internal static Range[] Rows(int rows, double[] shares)
    {
        Range[] parts = new Range[shares.Length];
        double sum = 0;
        int start = 0;
        for (int i = 0; i < shares.Length; i++)
        {
            sum += shares[i];
            int end = i == shares.Length - 1 ? rows : Math.Clamp((int)Math.Round(rows * sum), start, rows);
            parts[i] = start..end;
            start = end;
        }

        return parts;
    }

    private void Report(string what, IEnumerable<DeviceLane> lanes) =>
        _problem = $"{what}: {string.Join(", ", lanes.Select(static lane => lane.Device))}. {_problem}".TrimEnd();

    /// <summary>The devices in use, and what part of the rows each gets. Immutable.</summary>
    private sealed class Split(DeviceLane[] lanes, double[] speeds)
    {
        public DeviceLane[] Lanes => lanes;

        public double[] Shares { get; } = [.. speeds.Select(speed => speeds.Sum() > 0 ? speed / speeds.Sum() : 1.0 / speeds.Length)];

        public IReadOnlyList<DeviceStatus> Status() => [.. lanes.Select((lane, i) => new DeviceStatus(lane.Device, lane.Method, Shares[i]))];

        public Split Without(int lane) => new(
            [.. lanes.Where((_, i) => i != lane)], [.. Shares.Where((_, i) => i != lane)]);
    }
}
