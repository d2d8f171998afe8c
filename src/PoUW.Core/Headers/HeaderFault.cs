namespace PoUW.Core.Headers;

/// <summary>
/// Who sent a witness that proves nothing, and what went with it. The block's id is not at fault: the witness is outside the id, and
/// another peer may send a good one.
/// </summary>
/// <typeparam name="TPeer">What names a peer.</typeparam>
/// <param name="Peer">The peer to punish.</param>
/// <param name="Headers">How many unverified headers of this peer were given up: the one of the witness and what it sent on top of it.</param>
public sealed record HeaderFault<TPeer>(TPeer Peer, int Headers)
    where TPeer : notnull;
