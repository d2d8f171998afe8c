using System.Numerics;
using PoUW.Core.Parameters;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Work;

/// <summary>
/// Blocks of a network at a given hash rate: exponential times, the production difficulty rule, the limits that block rules put on
/// timestamps (above the median of the last eleven, at most the future limit ahead of the true time). Seeded; no clock.
/// </summary>
internal sealed class DifficultySimulator
{
    private const int MedianBlocks = 11;

    private readonly Asert _asert;
    private readonly Random _random;
    private readonly List<ulong> _stamps;
    private readonly ulong _futureMilliseconds;
    private double _trueTime;

    internal DifficultySimulator(NetworkParameters network, int seed, ulong? futureMilliseconds = null)
    {
        Network = network;
        _asert = Asert.ForNetwork(network, WorkTarget.DefaultPowLimit);
        _random = new Random(seed);
        _futureMilliseconds = futureMilliseconds ?? network.MaxFutureMilliseconds;
        _trueTime = network.GenesisTimeMilliseconds;
        _stamps = [network.GenesisTimeMilliseconds];
        BigInteger genesis = WorkTarget.FromTicketsPerBlock(network.GenesisTicketsPerBlock, WorkTarget.DefaultPowLimit);
        UnitRate = (double)(WorkTarget.TicketSpace / genesis) / network.BlockTimeMilliseconds;
    }

    internal NetworkParameters Network { get; }

    /// <summary>MACs a millisecond at which the genesis target is the right one.</summary>
    internal double UnitRate { get; }

    /// <summary>Blocks so far.</summary>
    internal int Height => _stamps.Count - 1;

    /// <summary>The part of the hash rate whose miner lies about the time as far as it can.</summary>
    internal double AttackerShare { get; init; }

    /// <summary>True if the attacker stamps the latest allowed time, false for the earliest (at most the future limit back).</summary>
    internal bool AttackerStampsLate { get; init; }

    /// <summary>Finds a block at a hash rate given in units of <see cref="UnitRate"/>.</summary>
    /// <returns>How long it took in block times, and the block's target in units of the one that is right for the rate.</returns>
    internal (double Time, double Target) Step(double rate)
    {
        uint bits = _asert.NextBits((ulong)Height, _stamps[^1]);
        Assert.That(CompactTarget.TryDecode(bits, out BigInteger target), Is.True);
        double expected = (double)WorkTarget.TicketSpace / (double)target / (rate * UnitRate);
        double taken = -Math.Log(1 - _random.NextDouble()) * expected;
        _trueTime += taken;
        _stamps.Add(Stamp(_random.NextDouble() < AttackerShare));
        return (taken / Network.BlockTimeMilliseconds, Network.BlockTimeMilliseconds / expected);
    }

    private ulong Stamp(bool attacker)
    {
        ulong now = (ulong)_trueTime;
        ulong earliest = MedianTime() + 1;
        ulong wanted = !attacker ? now : AttackerStampsLate ? now + _futureMilliseconds : now - _futureMilliseconds;
        Assert.That(earliest, Is.LessThanOrEqualTo(now + _futureMilliseconds), "an honest miner can always stamp a valid time");
        return Math.Max(wanted, earliest);
    }

    private ulong MedianTime()
    {
        List<ulong> last = _stamps[^Math.Min(MedianBlocks, _stamps.Count)..];
        last.Sort();
        return last[last.Count / 2];
    }
}
