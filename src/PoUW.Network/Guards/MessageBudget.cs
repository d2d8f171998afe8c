using PoUW.Core.Validation;
using PoUW.Network.Identity;

namespace PoUW.Network.Guards;

/// <summary>
/// Counts what each peer sends against its rates. Every protocol asks it for each message it has read the length of, before it reads or handles the
/// message: gossip drops what is too much (and counts a fault when it goes on), requests and sync answer "refused" or reset the stream. O(1), bounded
/// memory, any thread, nothing is called back. A peer with many identities has as many budgets; what they may do together is bounded by
/// <see cref="ResourceManager"/>.
/// </summary>
public sealed class MessageBudget
{
    private static readonly int Kinds = Enum.GetValues<MessageKind>().Length;

    private readonly Lock _gate = new();
    private readonly MessageBudgetOptions _options;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly RecentTable<PeerId, long[]> _peers;

    /// <summary>Everybody has a full budget.</summary>
    /// <exception cref="ArgumentException">The options break a rule.</exception>
    public MessageBudget(MessageBudgetOptions options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(time);
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, _time, _start) = (options, time, time.GetTimestamp());
        _peers = new RecentTable<PeerId, long[]>(options.MaxPeers);
    }

    /// <summary>Peers that are remembered.</summary>
    public int PeerCount
    {
        get
        {
            lock (_gate)
            {
                return _peers.Count;
            }
        }
    }

    /// <summary>Takes one message of so many bytes from a peer's budget, or nothing.</summary>
    /// <param name="peer">Who sent it.</param>
    /// <param name="kind">What it is.</param>
    /// <param name="bytes">Its length; not negative.</param>
    /// <param name="messages">How many messages it is, if not one: none where they are counted by themselves. Not negative.</param>
    /// <returns>False if it is too much now.</returns>
    public bool TrySpend(PeerId peer, MessageKind kind, long bytes, int messages = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfNegative(messages);
        MessageRate rate = _options.RateOf(kind);
        lock (_gate)
        {
            long now = _time.GetElapsedTime(_start).Ticks;
            if (!_peers.TryGet(peer, out long[] states))
            {
                states = new long[2 * Kinds];
                _peers.Set(peer, states);
            }

            int place = 2 * (int)kind;
            long afterMessages = rate.Messages.Take(states[place], now, messages, out TimeSpan waitForMessages);
            long afterBytes = rate.Bytes.Take(states[place + 1], now, bytes, out TimeSpan waitForBytes);
            if (waitForMessages > TimeSpan.Zero || waitForBytes > TimeSpan.Zero)
            {
                return false;
            }

            (states[place], states[place + 1]) = (afterMessages, afterBytes);
            return true;
        }
    }
}
