using System.Numerics;
using PoUW.Core.Parameters;
using PoUW.Core.Work;

namespace PoUW.Training.Tests.Economics;

/// <summary>
/// A chain for simulations: blocks arrive as fast as a path of hash power makes them, targets follow the production rule, and some producers
/// hold their blocks' times back as far as the rules allow.
/// </summary>
internal sealed class DealerChain
{
    private const int MedianBlocks = 11;

    private DealerChain(NetworkParameters parameters) => Parameters = parameters;

    public NetworkParameters Parameters { get; }

    /// <summary>When block i is found, in milliseconds.</summary>
    public List<ulong> Arrivals { get; } = [];

    /// <summary>What block i says.</summary>
    public List<ulong> Stamps { get; } = [];

    /// <summary>The largest of the stamps up to block i.</summary>
    public List<ulong> Latest { get; } = [];

    /// <summary>The target that block i had to meet.</summary>
    public List<BigInteger> Targets { get; } = [];

    public int Blocks => Arrivals.Count;

    /// <summary>Grows a chain.</summary>
    /// <param name="parameters">The network.</param>
    /// <param name="blocks">Its length.</param>
    /// <param name="hashPower">Hash power by time in block times since genesis, as a multiple of what the genesis target is made for.</param>
    /// <param name="random">Where intervals and producers come from; null for mean intervals.</param>
    /// <param name="liars">Share of blocks whose time is held back.</param>
    /// <param name="skewMs">Largest error of honest clocks.</param>
    public static DealerChain Grow(
        NetworkParameters parameters, int blocks, Func<double, double> hashPower, Random? random = null, double liars = 0, ulong skewMs = 0)
    {
        var chain = new DealerChain(parameters);
        Asert rule = Asert.ForNetwork(parameters, WorkTarget.DefaultPowLimit);
        CompactTarget.TryDecode(
            CompactTarget.Encode(WorkTarget.FromTicketsPerBlock(parameters.GenesisTicketsPerBlock, WorkTarget.DefaultPowLimit)), out BigInteger first);
        double now = parameters.GenesisTimeMilliseconds;
        chain.Add(parameters.GenesisTimeMilliseconds, parameters.GenesisTimeMilliseconds, first);
        while (chain.Blocks < blocks)
        {
            CompactTarget.TryDecode(rule.NextBits((ulong)chain.Blocks - 1, chain.Stamps[^1]), out BigInteger target);
            double sinceGenesis = (now - parameters.GenesisTimeMilliseconds) / parameters.BlockTimeMilliseconds;
            double mean = parameters.BlockTimeMilliseconds * Math.Exp(BigInteger.Log(first) - BigInteger.Log(target)) / hashPower(sinceGenesis);
            now += random is null ? mean : mean * -Math.Log(1 - random.NextDouble());
            bool lies = random is not null && random.NextDouble() < liars;
            ulong clock = (ulong)now + (random is null || skewMs == 0 ? 0 : (ulong)random.NextInt64(0, (2 * (long)skewMs) + 1)) - skewMs;
            ulong earliest = chain.MedianTime() + 1;
            chain.Add((ulong)now, lies ? earliest : Math.Max(earliest, clock), target);
        }

        return chain;
    }

    /// <summary>The latest time that a child of a block could have: that of the moment in which the next block arrives, and the lead.</summary>
    public ulong LastChildMs(int parent, ulong leadMs) => Arrivals[parent + 1] + leadMs;

    private void Add(ulong arrival, ulong stamp, BigInteger target)
    {
        Arrivals.Add(arrival);
        Stamps.Add(stamp);
        Latest.Add(Latest.Count == 0 ? stamp : Math.Max(Latest[^1], stamp));
        Targets.Add(target);
    }

    private ulong MedianTime()
    {
        ulong[] last = [.. Stamps.TakeLast(MedianBlocks).Order()];
        return last[last.Length / 2];
    }
}
