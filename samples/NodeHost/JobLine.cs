namespace NodeHost;

/// <summary>A job in a node's output.</summary>
/// <param name="Id">The job's id.</param>
/// <param name="Status">Where it is in its life.</param>
/// <param name="Round">The current round; equals <paramref name="Rounds"/> once all are done.</param>
/// <param name="Rounds">Rounds of the job.</param>
/// <param name="States">Digest of the model states with which the last complete round ended: equal exactly if the weights are.</param>
/// <param name="Convicted">Accounts that were convicted in the job.</param>
internal sealed record JobLine(string Id, string Status, ulong Round, ulong Rounds, string States, IReadOnlyList<string> Convicted);
