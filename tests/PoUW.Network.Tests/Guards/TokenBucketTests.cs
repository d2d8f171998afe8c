using PoUW.Network.Guards;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Guards;

internal sealed class TokenBucketTests
{
    [Test]
    public void TheBurstIsThereAtFirstAndThenTheRate()
    {
        ManualTimeProvider time = new();
        TokenBucket bucket = new(TokenRate.PerSecond(10, 3), time);
        Assert.That(Enumerable.Range(0, 5).Select(_ => bucket.TryTake()), Is.EqualTo(new[] { true, true, true, false, false }));
        Assert.That(bucket.TryTake(1, out TimeSpan wait), Is.False);
        Assert.That(wait, Is.EqualTo(TimeSpan.FromMilliseconds(100)));
        time.Advance(TimeSpan.FromMilliseconds(99.9999));
        Assert.That(bucket.TryTake(), Is.False);
        time.Advance(TimeSpan.FromTicks(1));
        Assert.That((bucket.TryTake(), bucket.TryTake()), Is.EqualTo((true, false)));
        time.Advance(TimeSpan.FromHours(1));
        Assert.That((bucket.TryTake(4), bucket.TryTake(3), bucket.TryTake()), Is.EqualTo((false, true, false)), "no more than the burst is kept");
    }

    [Test]
    public void MoreThanTheBurstNeverComes()
    {
        TokenBucket bucket = new(TokenRate.PerSecond(1000, 5), new ManualTimeProvider());
        Assert.That(bucket.TryTake(6, out TimeSpan wait), Is.False);
        Assert.That(wait, Is.EqualTo(TimeSpan.MaxValue));
        Assert.That(bucket.TryTake(5), Is.True);
        Assert.That(() => bucket.TryTake(-1), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void SlowRatesAndHugeNumbersAreExact()
    {
        ManualTimeProvider time = new();
        TokenBucket slow = new(new TokenRate(1, TimeSpan.FromMinutes(10), 1), time);
        TokenBucket huge = new(new TokenRate(1L << 40, TimeSpan.FromSeconds(1), 1L << 40), time);
        Assert.That((slow.TryTake(), slow.TryTake()), Is.EqualTo((true, false)));
        Assert.That((huge.TryTake(1L << 40), huge.TryTake(1 << 20)), Is.EqualTo((true, false)));
        Assert.That(huge.TryTake(long.MaxValue), Is.False);
        time.Advance(TimeSpan.FromMinutes(10));
        Assert.That((slow.TryTake(), huge.TryTake(1L << 40)), Is.EqualTo((true, true)));
    }

    [Test]
    public void NoPatternOfUseGetsMoreThanBurstAndRate()
    {
        Random random = new(4);
        for (int round = 0; round < 20; round++)
        {
            ManualTimeProvider time = new();
            (int rate, int burst) = (random.Next(1, 500), random.Next(1, 100));
            TokenBucket bucket = new(TokenRate.PerSecond(rate, burst), time);
            (long taken, TimeSpan elapsed) = (0, TimeSpan.Zero);
            for (int i = 0; i < 500; i++)
            {
                int count = random.Next(0, burst + 1);
                taken += bucket.TryTake(count) ? count : 0;
                TimeSpan step = TimeSpan.FromMilliseconds(random.Next(0, 50));
                time.Advance(step);
                elapsed += step;
                Assert.That(taken, Is.LessThanOrEqualTo(burst + (rate * elapsed.TotalSeconds)));
            }

            Assert.That(taken, Is.GreaterThan(burst / 2));
        }
    }

    [Test]
    public async Task ManyThreadsShareOneBurst()
    {
        TokenBucket bucket = new(TokenRate.PerSecond(1, 10_000), new ManualTimeProvider());
        int[] taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Enumerable.Range(0, 5_000).Count(_ => bucket.TryTake())))).InTime();
        Assert.That(taken.Sum(), Is.EqualTo(10_000));
    }

    [TestCase(0, 1, 1)]
    [TestCase(1, 0, 1)]
    [TestCase(1, 1, 0)]
    [TestCase(1L + (1L << 40), 1, 1)]
    [TestCase(1, 1, 1L + (1L << 40))]
    [TestCase(1, 86_401, 1)]
    public void ABadRateIsNoBucket(long tokens, int seconds, long burst) => Assert.That(
        () => new TokenBucket(new TokenRate(tokens, TimeSpan.FromSeconds(seconds), burst), TimeProvider.System), Throws.ArgumentException);

    [Test]
    public void ATableForgetsWhatWasUsedLongestAgo()
    {
        RecentTable<int, string> table = new(3);
        table.Set(1, "a");
        table.Set(2, "b");
        table.Set(3, "c");
        Assert.That(table.TryGet(1, out string value) && value == "a", Is.True);
        table.Set(4, "d");
        Assert.That(new[] { 1, 2, 3, 4 }.Select(key => table.TryGet(key, out _)), Is.EqualTo(new[] { true, false, true, true }));
        table.Set(3, "e");
        table.Remove(1);
        table.Remove(99);
        Assert.That(table.TryGet(3, out value) ? value : "", Is.EqualTo("e"));
        Assert.That(table.Count, Is.EqualTo(2));
    }
}
