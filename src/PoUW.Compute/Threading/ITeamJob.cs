namespace PoUW.Compute.Threading;

/// <summary>Work in numbered parts for <see cref="ThreadTeam"/>; a struct, so that a call allocates nothing.</summary>
public interface ITeamJob
{
    /// <summary>Does one part. Called once for each part, on any thread of the team, several parts at a time.</summary>
    /// <param name="part">0 up to the number of parts.</param>
    /// <param name="participant">
    /// 0 up to the size of the team; no two parts that run at the same time have the same number, so it selects working memory.
    /// </param>
    void Execute(int part, int participant);
}
