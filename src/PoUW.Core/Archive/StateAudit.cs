using PoUW.Core.State;
using PoUW.Core.Storage;

namespace PoUW.Core.Archive;

/// <summary>Reads a whole state and compares its root with what its values give.</summary>
internal sealed class StateAudit(IKeyValueReader reader, FindingList findings)
{
    /// <summary>Checks a state; what is wrong with it becomes one finding.</summary>
    /// <returns>How many values were right.</returns>
    internal ulong Check(StateVersion version, ulong height, CancellationToken cancellation)
    {
        bool readable = findings.Try(
            IntegrityArea.State, height, () => new WorldState(new ReadOnlyStore(reader)).Check(version, cancellation), out StateCheck? check);
        if (!readable)
        {
            return 0;
        }

        if (!check!.IsSound)
        {
            findings.Add(IntegrityArea.State, height, check.Problem);
        }

        return (ulong)check.Values;
    }
}
