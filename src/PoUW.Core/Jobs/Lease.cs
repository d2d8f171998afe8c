using PoUW.Core.Primitives;
using PoUW.Core.Work;

namespace PoUW.Core.Jobs;

/// <summary>The right and duty of one worker to do one unit until a height.</summary>
/// <param name="JobId">The job.</param>
/// <param name="Unit">The unit's number in the job.</param>
/// <param name="Attempt">0 for the first lease of the unit, one more each time it expired.</param>
/// <param name="Worker">Who holds it.</param>
/// <param name="StartHeight">The block whose execution granted it.</param>
/// <param name="ExpiryHeight">The last block that may contain the unit's record under this lease.</param>
public sealed record Lease(Hash256 JobId, ulong Unit, ulong Attempt, Address Worker, ulong StartHeight, ulong ExpiryHeight)
{
    /// <summary>Names the lease in tickets (<see cref="BoundClaim"/>).</summary>
    public Hash256 Id => BoundClaim.LeaseIdOf(JobId, Unit, Attempt);
}
