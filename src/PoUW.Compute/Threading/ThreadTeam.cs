using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace PoUW.Compute.Threading;

/// <summary>
/// A fixed set of threads, the caller's included, that shares the parts of one job after another. The other threads start with the
/// first job that needs them, wait for the next job some microseconds awake and then asleep, and end with <see cref="Dispose"/>.
/// A team serves one caller at a time and is not re-entrant: a part must not run a job on its own team.
/// </summary>
/// <remarks>
/// Parts are claimed by a compare-and-swap on a word that holds the number of the job and the parts left, so a thread that wakes late
/// cannot touch a job that is over, and nobody waits for a thread that has claimed nothing.
/// </remarks>
public sealed unsafe class ThreadTeam : IDisposable
{
    /// <summary>The most participants of a team.</summary>
    public const int MaxSize = 1024;

    private const int SpinMicroseconds = 20;
    private const int SpinIterations = 8;

    private static readonly long SpinTicks = Environment.ProcessorCount > 1 ? Stopwatch.Frequency * SpinMicroseconds / 1_000_000 : 0;

    private readonly Action<Thread> _start;
    private readonly object _gate = new();
    private readonly object _finished = new();
    private readonly List<Thread> _workers;
    private delegate*<void*, int, int, void> _execute;
    private void* _job;
    private int _parts;
    private long _ticket;
    private int _open;
    private int _parked;
    private int _busy;
    private bool _callerParked;
    private bool _disposed;
    private Exception? _failure;

    /// <summary>Makes a team; no thread starts yet.</summary>
    /// <param name="size">Participants, the caller's thread included.</param>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1 or more than <see cref="MaxSize"/>.</exception>
    public ThreadTeam(int size)
        : this(size, static thread => thread.Start())
    {
    }

    /// <summary>For tests: says how a thread is started.</summary>
    internal ThreadTeam(int size, Action<Thread> start)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, MaxSize);
        Size = size;
        _start = start;
        _workers = new List<Thread>(size - 1);
    }

    /// <summary>Participants, the caller's thread included.</summary>
    public int Size { get; }

    /// <summary>
    /// Executes all parts and returns when all have ended. With one part or a team of one, everything runs on the caller's thread in
    /// increasing order. The job is copied, so what it hands back must be behind a pointer or a reference.
    /// </summary>
    /// <exception cref="InvalidOperationException">The team runs a job already.</exception>
    /// <exception cref="ObjectDisposedException">The team was disposed.</exception>
    /// <remarks>The first exception of a part is thrown here, after the other parts have ended.</remarks>
    public void Run<TJob>(int parts, in TJob job)
        where TJob : struct, ITeamJob
    {
        ArgumentOutOfRangeException.ThrowIfNegative(parts);
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("The team runs a job already.");
        }

        Exception? failure;
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);

            // A local does not move, and this frame outlives every use: the address may go to the other threads.
            TJob local = job;
            _execute = &Invoke<TJob>;
            _job = Unsafe.AsPointer(ref local);
            _parts = parts;
            Share();
        }
        finally
        {
            // Taken before another caller may come.
            failure = _failure;
            _failure = null;
            _job = null;
            Volatile.Write(ref _busy, 0);
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Ends the threads and waits for them. Not while a job runs.</summary>
    /// <exception cref="InvalidOperationException">The team runs a job.</exception>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _busy, 1) != 0)
        {
            throw new InvalidOperationException("The team runs a job.");
        }

        lock (_gate)
        {
            Volatile.Write(ref _disposed, true);
            Monitor.PulseAll(_gate);
        }

        foreach (Thread worker in _workers)
        {
            worker.Join();
        }

        _workers.Clear();
        Volatile.Write(ref _busy, 0);
    }

    private static void Invoke<TJob>(void* job, int part, int participant)
        where TJob : struct, ITeamJob => Unsafe.AsRef<TJob>(job).Execute(part, participant);

    private static int Left(long ticket) => unchecked((int)ticket);

    private void Share()
    {
        if (Size == 1 || _parts <= 1)
        {
            for (int part = 0; part < _parts; part++)
            {
                Execute(part, 0);
            }

            return;
        }

        Start();
        Volatile.Write(ref _open, _parts);
        long job = unchecked((_ticket >> 32) + 1); // The number wraps; only equality matters.
        Interlocked.Exchange(ref _ticket, (job << 32) | (uint)_parts);
        try
        {
            Wake(_parts - 1);
        }
        finally
        {
            // Nothing, not even an interrupt, may end the caller's frame, where the job is, while parts are left or run.
            while (TryClaim(out int part))
            {
                ExecuteShared(part, 0);
            }

            AwaitEnd();
        }
    }

    /// <summary>
    /// Starts the threads that do not run yet: all, or those that an earlier call could not start. The number of a thread is never given
    /// twice, since it selects working memory.
    /// </summary>
    private void Start()
    {
        while (_workers.Count < Size - 1)
        {
            int participant = _workers.Count + 1;
            Thread worker = CreateWorker(participant);
            _start(worker);
            _workers.Add(worker);
        }
    }

    private Thread CreateWorker(int participant) =>
        new(() => Work(participant)) { IsBackground = true, Name = $"PoUW team {participant}" };

    private void Wake(int wanted)
    {
        // The ticket was exchanged with a full fence: either this read sees the sleeper, or the sleeper saw the ticket.
        if (Volatile.Read(ref _parked) == 0)
        {
            return;
        }

        lock (_gate)
        {
            for (int i = Math.Min(wanted, _parked); i > 0; i--)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    private void Work(int participant)
    {
        while (!Volatile.Read(ref _disposed))
        {
            while (TryClaim(out int part))
            {
                ExecuteShared(part, participant);
            }

            AwaitWork();
        }
    }

    private bool TryClaim(out int part)
    {
        long ticket = Volatile.Read(ref _ticket);
        while (Left(ticket) > 0)
        {
            // The job's fields do not change while its parts are left, so the swap also proves that this is the job's number.
            part = _parts - Left(ticket);
            long seen = Interlocked.CompareExchange(ref _ticket, ticket - 1, ticket);
            if (seen == ticket)
            {
                return true;
            }

            ticket = seen;
        }

        part = 0;
        return false;
    }

    private void ExecuteShared(int part, int participant)
    {
        Execute(part, participant);
        if (Interlocked.Decrement(ref _open) == 0 && participant != 0)
        {
            lock (_finished)
            {
                if (_callerParked)
                {
                    Monitor.Pulse(_finished);
                }
            }
        }
    }

    private void Execute(int part, int participant)
    {
        try
        {
            _execute(_job, part, participant);
        }
        catch (Exception failure)
        {
            Interlocked.CompareExchange(ref _failure, failure, null); // Thrown to the caller by Run.
        }
    }

    private void AwaitWork()
    {
        long start = Stopwatch.GetTimestamp();
        do
        {
            if (Left(Volatile.Read(ref _ticket)) > 0 || Volatile.Read(ref _disposed))
            {
                return;
            }

            Thread.SpinWait(SpinIterations);
        }
        while (Stopwatch.GetTimestamp() - start < SpinTicks);

        lock (_gate)
        {
            Interlocked.Increment(ref _parked);
            while (Left(Volatile.Read(ref _ticket)) == 0 && !_disposed)
            {
                Monitor.Wait(_gate);
            }

            Interlocked.Decrement(ref _parked);
        }
    }

    private void AwaitEnd()
    {
        long start = Stopwatch.GetTimestamp();
        while (Volatile.Read(ref _open) != 0 && Stopwatch.GetTimestamp() - start < SpinTicks)
        {
            Thread.SpinWait(SpinIterations);
        }

        bool interrupted = false;
        while (Volatile.Read(ref _open) != 0)
        {
            try
            {
                ParkCaller();
            }
            catch (ThreadInterruptedException)
            {
                interrupted = true; // Kept for the caller's next wait.
            }
        }

        if (interrupted)
        {
            Thread.CurrentThread.Interrupt();
        }
    }

    private void ParkCaller()
    {
        lock (_finished)
        {
            _callerParked = true;
            while (Volatile.Read(ref _open) != 0)
            {
                Monitor.Wait(_finished);
            }

            _callerParked = false;
        }
    }
}
