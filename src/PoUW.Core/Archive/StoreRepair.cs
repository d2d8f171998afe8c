using System.Globalization;
using System.Text;
using PoUW.Core.Chain;
using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>
/// Replaces a damaged store by one that is built beside it. The damaged files are moved aside under a numbered name and never deleted. A file
/// "NAME.repair" marks every step, so a repair that was killed is either begun again or finished by <see cref="Resume"/>, which must be
/// called before the store is opened. One process at a time.
/// </summary>
public static class StoreRepair
{
    private const string Building = "building";
    private const string MovingOld = "moving-old";
    private const string MovingNew = "moving-new";
    private const string LockSuffix = "-lock";

    /// <summary>The database and what SQLite and the store put beside it. The lock stays: whoever waits for it must find it.</summary>
    private static readonly string[] Suffixes = ["", "-wal", "-shm", "-journal", "-seal"];


    /// <summary>True if a repair of the store at a path was begun and did not end.</summary>
    public static bool IsPending(string path) => File.Exists(MarkerOf(path));

    /// <summary>
    /// Ends a repair that was interrupted: one that had built the new store is finished; of one that had not, the half-built store is removed
    /// and the damaged one is where it was. Does nothing if there is none.
    /// </summary>
    /// <param name="path">The store's file.</param>
    /// <param name="steps">Hears of each step on the disk.</param>
    /// <returns>True if the new store is in place because of this call.</returns>
    /// <exception cref="IOException">A file cannot be moved; the next call goes on.</exception>
    public static bool Resume(string path, IProgress<string>? steps = null)
    {
        if (!IsPending(path))
        {
            return false;
        }

        string[] state = File.ReadAllText(MarkerOf(path)).Split(' ');
        if (state.Length == 2 && int.TryParse(state[1], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
        {
            if (state[0] == MovingOld)
            {
                Move(path, AsideOf(path, number), steps);
                Mark(path, $"{MovingNew} {number}");
                steps?.Report(MovingNew);
            }

            Move(FreshOf(path), path, steps);
            File.Delete(FreshOf(path) + LockSuffix);
            File.Delete(MarkerOf(path));
            return true;
        }

        // The marker is moved into place when it is complete, so anything else was written before the new store was ready.
        DeleteFresh(path);
        File.Delete(MarkerOf(path));
        return false;
    }

    /// <summary>Rebuilds a store and puts the new one in its place.</summary>
    /// <param name="path">The store's file.</param>
    /// <param name="openDamaged">
    /// Opens the damaged file, whatever can still be opened of it, and keeps other processes away meanwhile; it must throw
    /// <see cref="StoreException"/> if it cannot.
    /// </param>
    /// <param name="create">Creates a store file.</param>
    /// <param name="chain">The chain; its <see cref="BlockChainOptions.Store"/> is not used.</param>
    /// <param name="options">What to take over.</param>
    /// <param name="progress">Hears of each height.</param>
    /// <param name="cancellation">Stops it before the files are moved; the damaged store is where it was then.</param>
    /// <param name="steps">Hears of each step on the disk.</param>
    /// <exception cref="StoreException">The damaged store is in use by another process, or the new one cannot be written.</exception>
    /// <exception cref="IOException">Files cannot be moved, or a segment cannot be read.</exception>
    public static StoreRepairReport Run(
        string path, Func<string, IKeyValueStore> openDamaged, Func<string, IKeyValueStore> create, BlockChainOptions chain, RebuildOptions options,
        IProgress<ulong>? progress = null, CancellationToken cancellation = default, IProgress<string>? steps = null)
    {
        Resume(path, steps);
        Mark(path, Building);
        steps?.Report(Building);
        RebuildReport rebuilt = Build(path, openDamaged, create, chain, options, progress, cancellation, out string? unreadable);
        steps?.Report("built");
        int number = FreeNumber(path);
        Mark(path, $"{MovingOld} {number}");
        steps?.Report(MovingOld);
        Resume(path, steps);
        return new StoreRepairReport(rebuilt, AsideOf(path, number), unreadable);
    }

    private static RebuildReport Build(
        string path, Func<string, IKeyValueStore> openDamaged, Func<string, IKeyValueStore> create, BlockChainOptions chain, RebuildOptions options,
        IProgress<ulong>? progress, CancellationToken cancellation, out string? unreadable)
    {
        DeleteFresh(path);
        try
        {
            using IKeyValueStore? damaged = TryOpen(path, openDamaged, out unreadable);
            using IKeyValueStore fresh = create(FreshOf(path));
            return ChainRebuild.Run(damaged, chain with { Store = fresh }, options, progress, cancellation);
        }
        catch
        {
            DeleteFresh(path);
            File.Delete(MarkerOf(path));
            throw;
        }
    }

    /// <summary>Null if the damage is so bad that the store does not open; that it is in use, or newer, is no damage.</summary>
    private static IKeyValueStore? TryOpen(string path, Func<string, IKeyValueStore> open, out string? unreadable)
    {
        unreadable = null;
        if (!File.Exists(path))
        {
            unreadable = "The file is not there.";
            return null;
        }

        try
        {
            return open(path);
        }
        catch (StoreException failure) when (failure.Failure is StoreFailure.Corrupt or StoreFailure.Unavailable)
        {
            unreadable = failure.Message;
            return null;
        }
    }

    private static void Move(string from, string to, IProgress<string>? steps)
    {
        foreach (string suffix in Suffixes)
        {
            // What has been moved by a call before this one is not there any more.
            if (File.Exists(from + suffix))
            {
                File.Move(from + suffix, to + suffix);
                steps?.Report($"moved {Path.GetFileName(from)}{suffix}");
            }
        }
    }

    private static void DeleteFresh(string path)
    {
        foreach (string suffix in Suffixes)
        {
            File.Delete(FreshOf(path) + suffix);
        }

        File.Delete(FreshOf(path) + LockSuffix);
    }

    private static int FreeNumber(string path)
    {
        int number = 1;
        while (Suffixes.Any(suffix => File.Exists(AsideOf(path, number) + suffix)))
        {
            number++;
        }

        return number;
    }

    private static void Mark(string path, string state)
    {
        string temporary = MarkerOf(path) + ".new";
        using (FileStream file = new(temporary, FileMode.Create))
        {
            file.Write(Encoding.UTF8.GetBytes(state));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, MarkerOf(path), overwrite: true);
    }

    private static string MarkerOf(string path) => path + ".repair";

    private static string FreshOf(string path) => path + ".rebuilt";

    private static string AsideOf(string path, int number) => string.Create(CultureInfo.InvariantCulture, $"{path}.damaged-{number}");
}
