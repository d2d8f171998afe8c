using PoUW.Compute.Backends;
using PoUW.Compute.TorchSharp.Devices;
using PoUW.Vm.Backends;
using PoUW.Vm.Operations;
using PoUW.Vm.Tensors;

namespace PoUW.Compute.TorchSharp.Backends;

/// <summary>
/// A backend whose large integer products run on devices of libtorch, bit for bit as defined; everything else, lane R included, is the inner
/// backend's. A device is used after it passed a self-test, with the first method that does; without one, or where a device has no memory or fails, the
/// inner backend does the product. Several devices share the rows of a product by their measured speed. Not thread-safe, as a machine needs it;
/// the properties may be read from any thread.
/// </summary>
public sealed class TorchBackend : ITensorBackend, IDisposable
{
    private readonly ITensorBackend _inner;
    private readonly TorchBackendOptions _options;
    private readonly DeviceLane[] _lanes;
    private readonly double[] _shares;
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
        (_inner, _options) = (inner, options);
        TorchDiscovery discovery = create is null ? TorchDiscovery.Run() : new TorchDiscovery(options.Devices ?? [], null);
        IReadOnlyList<TorchDevice> wanted = discovery.Devices.Count == 0 ? [] : options.Devices ?? discovery.Best;
        create ??= (device, method) => new TorchProduct(device, method, options.MaxDeviceBytes);
        Problem = discovery.Problem;
        DeviceLane[] tested = [.. wanted.Select(device => DeviceLane.Choose(device, create))];
        _lanes = [.. tested.Where(static lane => lane.Product is not null)];
        if (_lanes.Length < tested.Length)
        {
            IEnumerable<string> bad = tested.Where(static lane => lane.Product is null).Select(static lane => lane.Device.ToString());
            Problem = $"Not exact, hence not used: {string.Join(", ", bad)}. {Problem}".TrimEnd();
        }

        _shares = Shares();
    }

    /// <summary>The devices in use; empty if the inner backend does everything.</summary>
    public IReadOnlyList<DeviceStatus> Devices => [.. _lanes.Select((lane, i) => new DeviceStatus(lane.Device, lane.Method, _shares[i]))];

    /// <summary>Why devices are missing; null if there is nothing to say.</summary>
    public string? Problem { get; }

    /// <summary>Products that devices did.</summary>
    public long DeviceProducts => Interlocked.Read(ref _products);

    /// <summary>Products that the inner backend did because a device had no memory for them.</summary>
    public long OutOfMemory => Interlocked.Read(ref _outOfMemory);

    /// <summary>Products that the inner backend did because a device failed.</summary>
    public long Failures => Interlocked.Read(ref _failures);

    /// <inheritdoc/>
    public void MatMul(in MatMulShape shape, Tensor a, Tensor b, Tensor c)
    {
        if (a.Type != TensorType.Int8 || _lanes.Length == 0 || shape.MacCount < _options.MinimumMacs)
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
        if (_lanes.Length == 1)
        {
            return _lanes[0].Product!.Multiply(shape, .., a.Int8, b.Int8, c.Int32);
        }

        MatMulShape whole = shape;
        Range[] rows = Split(shape.M, _shares);
        ProductOutcome[] outcomes = new ProductOutcome[_lanes.Length];
        Parallel.For(0, _lanes.Length, i =>
            outcomes[i] = rows[i].Start.Equals(rows[i].End) ? ProductOutcome.Done : _lanes[i].Product!.Multiply(whole, rows[i], a.Int8, b.Int8, c.Int32));
        return outcomes.Max();
    }

    /// <summary>Consecutive ranges in proportion to the shares.</summary>
    internal static Range[] Split(int rows, double[] shares)
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

    private double[] Shares()
    {
        if (_lanes.Length <= 1)
        {
            return [.. _lanes.Select(static _ => 1.0)];
        }

        double[] speeds = [.. _lanes.Select(lane => lane.Measure(_options.Time))];
        double all = speeds.Sum();
        return [.. speeds.Select(speed => all > 0 ? speed / all : 1.0 / speeds.Length)];
    }
}
