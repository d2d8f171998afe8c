using PoUW.Core.Parameters;
using PoUW.Core.Tests.Parameters;

namespace PoUW.Core.Tests.Work;

/// <summary>
/// The difficulty rule under changing hash rates and lying miners, for the block time and half-life of every preset. Figures are over
/// 10,000 blocks and more; where one chain is too noisy to say anything, they are means over seeds, and the test says so.
/// </summary>
public sealed class AsertSimulationTests
{
    private const int Blocks = 10_000;
    private const int Seeds = 8;

    /// <summary>Steady state: the mean time, and how far the noise of arrivals alone carries the target.</summary>
    [TestCaseSource(typeof(ParameterSamples), nameof(ParameterSamples.PresetCases))]
    public void At_a_constant_rate_the_mean_is_exact_and_the_target_does_not_oscillate(NetworkParameters network)
    {
        (double mean, double[] logs) = Run(new DifficultySimulator(network, seed: 1), _ => 1, Blocks);
        TestContext.Out.WriteLine($"mean {mean:f4}, sd of log2 target {Deviation(logs):f3}, extremes {logs.Min():f2} {logs.Max():f2}");

        // Linear theory: the variance of log2 of the target is 1 / (2 ln 2 * half-life in blocks).
        double expected = Math.Sqrt(1 / (2 * Math.Log(2) * network.AsertHalfLifeBlocks));
        Assert.That(mean, Is.EqualTo(1).Within(0.05));
        Assert.That(Deviation(logs), Is.EqualTo(expected).Within(25).Percent);
        Assert.That(logs.Max(Math.Abs), Is.LessThan(1), "never twice or half the right target");
        AssertNoOscillation(network, logs);
    }

    /// <summary>
    /// A tenfold swing. From three half-lives of time after it on, the mean time is that of the network again, on each of eight chains. One
    /// chain's target after the swing is too noisy for the overshoot, so its logarithm is averaged over the eight. The target is settled
    /// three half-lives in blocks after a fall; after a rise a half-life's blocks more pass for each doubling of the rate.
    /// </summary>
    [Test]
    public void After_a_tenfold_swing_the_mean_holds_and_the_target_overshoots_less_than_twofold(
        [Values("development", "test", "production")] string preset, [Values(10, 0.1)] double swing)
    {
        NetworkParameters network = Preset(preset);
        int halfLife = (int)network.AsertHalfLifeBlocks;
        int settled = (int)(halfLife * (3 + Math.Max(0, Math.Log2(swing))));
        double[] average = new double[settled + (20 * halfLife)];
        double overshoot = 0;
        for (int seed = 0; seed < Seeds; seed++)
        {
            DifficultySimulator chain = new(network, seed);
            Run(chain, _ => 1, 10 * halfLife);
            (_, double[] after) = Run(chain, _ => swing, average.Length);
            (_, double[] rest) = Run(chain, _ => swing, Blocks);
            for (int i = 0; i < average.Length; i++)
            {
                average[i] += after[i] / Seeds;
            }

            overshoot = Math.Max(overshoot, rest.Concat(after[settled..]).Max(Math.Abs));
            Assert.That(MeanAfterSwing(new DifficultySimulator(network, seed), swing), Is.EqualTo(1).Within(0.05), $"seed {seed}");
        }

        // Before the swing the target was right for the old rate; it moves towards the new one and must not go far beyond.
        double beyond = average.Max(log => swing > 1 ? -log : log);
        TestContext.Out.WriteLine($"mean overshoot 2^{beyond:f3}, largest excursion of any seed after settling 2^{overshoot:f2}");
        Assert.That(average[0], Is.EqualTo(swing > 1 ? Math.Log2(10) : -Math.Log2(10)).Within(0.5), "the swing is there");
        Assert.That(beyond, Is.LessThan(1), "overshoot below twofold");
        Assert.That(average[settled..].Max(Math.Abs), Is.LessThan(0.5));
        Assert.That(overshoot, Is.LessThan(1.2), "of a single chain, with its noise");
    }

    /// <summary>The rate goes up and down tenfold again and again, with the periods most likely to resonate.</summary>
    [Test]
    public void Periodic_swings_do_not_build_up(
        [Values("development", "test", "production")] string preset, [Values(1, 4, 16)] int halfLives)
    {
        NetworkParameters network = Preset(preset);
        int period = (int)network.AsertHalfLifeBlocks * halfLives;
        DifficultySimulator chain = new(network, seed: 4);
        (double mean, double[] logs) = Run(chain, height => height / period % 2 == 0 ? 1 : 10, 12 * Math.Max(Blocks / 10, period));
        double[] early = logs[..(logs.Length / 2)];
        double[] late = logs[(logs.Length / 2)..];
        TestContext.Out.WriteLine($"mean {mean:f3}, excursions 2^{early.Max(Math.Abs):f2} then 2^{late.Max(Math.Abs):f2}");

        Assert.That(mean, Is.EqualTo(1).Within(0.05));
        Assert.That(logs.Max(Math.Abs), Is.LessThan(Math.Log2(10) + 1), "the swing itself and less than twofold beyond");
        Assert.That(late.Max(Math.Abs), Is.LessThan(early.Max(Math.Abs) + 0.5), "no resonance");
    }

    /// <summary>
    /// A miner that always stamps as late, or as early, as the rules allow. The schedule is absolute, so the mean cannot be moved; what a
    /// lie of d does is to move the next target by the factor 2^(d / half-life). At the future limit of the specification (15 s) that is
    /// at most 1.7 (Development), 1.012 and 1.0015; two minutes would give 64, 1.1 and 1.012.
    /// </summary>
    [Test]
    public void A_miner_that_lies_about_the_time_does_not_change_the_mean(
        [Values("development", "test", "production")] string preset,
        [Values(0.3, 0.45)] double share,
        [Values] bool late,
        [Values(15_000ul, 120_000ul)] ulong limit)
    {
        NetworkParameters network = Preset(preset);
        DifficultySimulator chain = new(network, seed: 6, limit) { AttackerShare = share, AttackerStampsLate = late };
        int settle = 3 * (int)network.AsertHalfLifeBlocks;
        Run(chain, _ => 1, settle);
        (double mean, double[] logs) = Run(chain, _ => 1, Blocks);
        double lie = limit / (double)(network.AsertHalfLifeBlocks * network.BlockTimeMilliseconds);
        double spread = logs.Max() - logs.Min();
        TestContext.Out.WriteLine($"mean {mean:f4}, target 2^{logs.Min():f2} to 2^{logs.Max():f2}, a lie moves it by 2^{lie:f3}");

        Assert.That(mean, Is.EqualTo(1).Within(0.05));
        Assert.That(spread, Is.LessThan(lie + SpreadOfNoise(network)), "the lie and the noise of arrivals, nothing else");
        Assert.That(lie > 1 || logs.Max(Math.Abs) < lie + (SpreadOfNoise(network) / 2), Is.True, "at the limit of the specification both ways");
    }

    /// <summary>Both at once: a lying miner while the honest rate swings.</summary>
    [Test]
    public void A_liar_and_a_swing_together_settle_too(
        [Values("development", "test", "production")] string preset, [Values] bool late, [Values(10, 0.1)] double swing)
    {
        NetworkParameters network = Preset(preset);
        DifficultySimulator chain = new(network, seed: 9) { AttackerShare = 0.45, AttackerStampsLate = late };
        Assert.That(MeanAfterSwing(chain, swing), Is.EqualTo(1).Within(0.05));
    }

    private static NetworkParameters Preset(string name) => ParameterSamples.Presets.Single(preset => preset.Name == name);

    /// <summary>The mean over 10,000 blocks, from three half-lives of time after a swing on.</summary>
    private static double MeanAfterSwing(DifficultySimulator chain, double swing)
    {
        int halfLife = (int)chain.Network.AsertHalfLifeBlocks;
        Run(chain, _ => 1, 10 * halfLife);
        for (double passed = 0; passed < 3 * halfLife;)
        {
            passed += chain.Step(swing).Time;
        }

        return Run(chain, _ => swing, Blocks).Mean;
    }

    /// <summary>Twice five standard deviations of the stationary log2 target.</summary>
    private static double SpreadOfNoise(NetworkParameters network) => 10 * Math.Sqrt(1 / (2 * Math.Log(2) * network.AsertHalfLifeBlocks));

    /// <summary>Mean time in block times, and log2 of target over right target of each block.</summary>
    private static (double Mean, double[] Logs) Run(DifficultySimulator chain, Func<int, double> rate, int blocks)
    {
        double[] logs = new double[blocks];
        double total = 0;
        for (int i = 0; i < blocks; i++)
        {
            (double time, double target) = chain.Step(rate(chain.Height));
            total += time;
            logs[i] = Math.Log2(target);
        }

        return (total / blocks, logs);
    }

    private static double Deviation(double[] values)
    {
        double mean = values.Average();
        return Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
    }

    /// <summary>
    /// The target's deviations decay without changing sign: an oscillating rule would be anti-correlated at half its period. 2 / sqrt of
    /// the number of independent stretches is the noise of an autocorrelation.
    /// </summary>
    private static void AssertNoOscillation(NetworkParameters network, double[] logs)
    {
        int halfLife = (int)network.AsertHalfLifeBlocks;
        double mean = logs.Average();
        double variance = logs.Average(log => (log - mean) * (log - mean));
        double Correlation(int lag) =>
            Enumerable.Range(0, logs.Length - lag).Average(i => (logs[i] - mean) * (logs[i + lag] - mean)) / variance;
        double noise = 4 / Math.Sqrt(logs.Length / (2.0 * halfLife / Math.Log(2)));
        double[] correlations = [.. Enumerable.Range(1, 40).Select(quarter => Correlation(quarter * halfLife / 4))];
        Assert.That(correlations.Min(), Is.GreaterThan(-noise));
        Assert.That(Correlation(halfLife), Is.EqualTo(0.5).Within(noise), "half of a deviation is left after a half-life");
    }
}
