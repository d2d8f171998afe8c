using System.Diagnostics;
using PoUW.Compute.Tests.Support;
using PoUW.Compute.Threading;

namespace PoUW.Compute.Tests.Threading;

[TestFixture(1)]
[TestFixture(2)]
[TestFixture(4)]
public sealed class ThreadTeamTests(int size)
{
    private ThreadTeam _team = null!;

    [SetUp]
    public void SetUp() => _team = new ThreadTeam(size);

    [TearDown]
    public void TearDown() => _team.Dispose();

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(2)]
    [TestCase(3)]
    [TestCase(1000)]
    public void EachPartRunsOnce(int parts)
    {
        int[] runs = new int[parts];
        _team.Run(parts, new CountJob { Runs = runs });
        Assert.That(runs, Is.All.EqualTo(1));
    }

    [Test]
    public void ManySmallRunsAreAllSeenByTheCaller()
    {
        int[] runs = new int[5];
        for (int i = 1; i <= 20_000; i++)
        {
            _team.Run(1 + (i % runs.Length), new CountJob { Runs = runs });
        }

        // Part p runs when i % 5 >= p.
        Assert.That(runs, Is.EqualTo(new[] { 20_000, 16_000, 12_000, 8_000, 4_000 }));
    }

    [Test]
    public void RunsAfterTheThreadsFellAsleep()
    {
        int[] runs = new int[64];
        _team.Run(runs.Length, new CountJob { Runs = runs });
        for (int i = 0; i < 20; i++)
        {
            using ManualResetEventSlim never = new();
            never.Wait(1); // Longer than the threads stay awake.
            _team.Run(runs.Length, new CountJob { Runs = runs });
        }

        Assert.That(runs, Is.All.EqualTo(21));
    }

    [Test]
    public void AllParticipantsTakePart()
    {
        // Each part waits for the others, so the job ends only if every participant holds one.
        using Barrier barrier = new(size);
        int[] participants = new int[size];
        _team.Run(size, new MeetJob { Barrier = barrier, Participants = participants });
        Assert.That(participants, Is.EquivalentTo(Enumerable.Range(0, size)));
    }

    [Test]
    public void FailureReachesTheCallerAfterAllParts()
    {
        int[] runs = new int[50];
        FailJob job = new() { Runs = runs, Failing = 7 };
        Assert.That(() => _team.Run(runs.Length, job), Throws.InstanceOf<FormatException>().With.Message.EqualTo("part 7"));
        Assert.That(runs, Is.All.EqualTo(1));
        Array.Clear(runs);
        _team.Run(runs.Length, new CountJob { Runs = runs });
        Assert.That(runs, Is.All.EqualTo(1), "the team is usable after a failure");
    }

    [Test]
    public void NestedRunIsRefused()
    {
        NestedJob job = new() { Team = _team };
        Assert.That(() => _team.Run(3, job), Throws.InvalidOperationException);
    }

    [Test]
    public void DisposedTeamRunsNothing()
    {
        int[] runs = new int[3];
        _team.Run(3, new CountJob { Runs = runs });
        _team.Dispose();
        _team.Dispose();
        Assert.That(() => _team.Run(3, new CountJob { Runs = runs }), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(runs, Is.All.EqualTo(1));
    }

    [Test]
    public void RunAllocatesNothing()
    {
        int[] runs = new int[8];
        CountJob job = new() { Runs = runs };
        for (int i = 0; i < 100; i++)
        {
            _team.Run(runs.Length, job);
        }

        Assert.That(SteadyState.LeastAllocation(1000, () => _team.Run(runs.Length, job)), Is.Zero);
    }

    [Test]
    public void InterruptedCallerWaitsForAllParts()
    {
        int[] done = new int[size];
        bool stillInterrupted = false;
        Thread caller = new(() =>
        {
            Thread.CurrentThread.Interrupt();
            _team.Run(size, new SlowJob { Started = new int[1], Done = done });
            int seen = done.Sum();
            try
            {
                using ManualResetEventSlim never = new();
                never.Wait(1);
            }
            catch (ThreadInterruptedException)
            {
                stillInterrupted = seen == size;
            }
        });
        caller.Start();
        caller.Join();
        Assert.That(stillInterrupted, Is.True);
    }

    [Test]
    public void SizeIsChecked()
    {
        Assert.That(() => new ThreadTeam(0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new ThreadTeam(ThreadTeam.MaxSize + 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => _team.Run(-1, default(CountJob)), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    /// <summary>
    /// A machine may run out of threads while the team starts. Those that run keep their numbers: two threads of one number would share
    /// working memory.
    /// </summary>
    [Test]
    public void ThreadsThatDoNotStartAreStartedByTheNextRun()
    {
        int starts = 0;
        using ThreadTeam team = new(size, thread =>
        {
            if (Interlocked.Increment(ref starts) == 2)
            {
                throw new OutOfMemoryException();
            }

            thread.Start();
        });
        using Barrier barrier = new(size);
        MeetJob job = new() { Barrier = barrier, Participants = new int[size] };
        if (size > 2)
        {
            Assert.That(() => team.Run(size, job), Throws.InstanceOf<OutOfMemoryException>());
        }

        team.Run(size, job);
        Assert.That(job.Participants, Is.EquivalentTo(Enumerable.Range(0, size)));
        Assert.That(starts, Is.EqualTo(size > 2 ? size : size - 1));
    }

    private struct CountJob : ITeamJob
    {
        public int[] Runs;

        public readonly void Execute(int part, int participant) => Interlocked.Increment(ref Runs[part]);
    }

    private struct MeetJob : ITeamJob
    {
        public Barrier Barrier;
        public int[] Participants;

        public readonly void Execute(int part, int participant)
        {
            Participants[part] = participant;
            Barrier.SignalAndWait();
        }
    }

    /// <summary>Every participant holds a part; those of the others go on after the caller's.</summary>
    private struct SlowJob : ITeamJob
    {
        public int[] Started;
        public int[] Done;

        public readonly void Execute(int part, int participant)
        {
            Interlocked.Increment(ref Started[0]);
            while (Volatile.Read(ref Started[0]) < Done.Length)
            {
                Thread.SpinWait(10);
            }

            long start = Stopwatch.GetTimestamp();
            while (participant != 0 && Stopwatch.GetElapsedTime(start) < TimeSpan.FromMilliseconds(5))
            {
                Thread.SpinWait(10);
            }

            Volatile.Write(ref Done[part], 1);
        }
    }

    private struct FailJob : ITeamJob
    {
        public int[] Runs;
        public int Failing;

        public readonly void Execute(int part, int participant)
        {
            Interlocked.Increment(ref Runs[part]);
            if (part == Failing)
            {
                throw new FormatException($"part {part}");
            }
        }
    }

    private struct NestedJob : ITeamJob
    {
        public ThreadTeam Team;

        public readonly void Execute(int part, int participant) => Team.Run(1, default(CountJob));
    }
}
