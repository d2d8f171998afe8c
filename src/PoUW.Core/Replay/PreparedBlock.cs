using System.Runtime.ExceptionServices;
using PoUW.Core.Blocks;

namespace PoUW.Core.Replay;

/// <summary>
/// A block that is read and prepared on another thread while the one below it is executed. Whoever needs it first prepares it: if no helper
/// has begun, the thread that asks does the work, so nothing ever waits for a thread that does not start.
/// </summary>
internal sealed class PreparedBlock(Func<Block?> prepare)
{
    private readonly ManualResetEventSlim _done = new(initialState: false);
    private int _claimed;
    private Block? _block;
    private ExceptionDispatchInfo? _failure;

    /// <summary>Prepares the block unless another thread does.</summary>
    internal void Run()
    {
        if (Interlocked.Exchange(ref _claimed, 1) != 0)
        {
            return;
        }

        try
        {
            _block = prepare();
        }
        catch (Exception failure)
        {
            // Thrown again on the thread that needs the block.
            _failure = ExceptionDispatchInfo.Capture(failure);
        }

        _done.Set();
    }

    /// <summary>Gives the block up: afterwards no thread prepares it.</summary>
    internal void Abandon()
    {
        if (Interlocked.Exchange(ref _claimed, 1) != 0)
        {
            _done.Wait();
        }
        else
        {
            _done.Set();
        }
    }

    /// <summary>The block, or null if the source has none; throws what preparing threw.</summary>
    internal Block? Wait()
    {
        Run();
        _done.Wait();
        _failure?.Throw();
        return _block;
    }
}
