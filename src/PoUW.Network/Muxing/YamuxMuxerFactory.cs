using System.Buffers;
using PoUW.Core.Runtime;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Streams;

namespace PoUW.Network.Muxing;

/// <summary>
/// Makes <c>/yamux/1.0.0</c> muxers: hashicorp's yamux with the rules of libp2p. An end that the peer announces (GoAway, any code) ends all streams;
/// what they had received can still be read.
/// </summary>
public sealed class YamuxMuxerFactory : IMuxerFactory
{
    private readonly YamuxOptions _options;
    private readonly TimeProvider _time;
    private readonly ISpawner _spawner;
    private readonly ArrayPool<byte> _pool;

    /// <summary>A factory.</summary>
    /// <param name="options">The limits of each connection.</param>
    /// <param name="time">The clock of keep-alive, round trips and time limits.</param>
    /// <param name="spawner">Starts the loops of each connection.</param>
    /// <param name="pool">Where buffers come from; null for the shared pool.</param>
    /// <exception cref="ArgumentException">The options break a rule of <see cref="YamuxOptions.Validate"/>.</exception>
    public YamuxMuxerFactory(YamuxOptions options, TimeProvider time, ISpawner spawner, ArrayPool<byte>? pool = null)
    {
        ValidationResult valid = options.Validate();
        if (!valid.IsValid)
        {
            throw new ArgumentException(valid.ToString(), nameof(options));
        }

        (_options, _time, _spawner, _pool) = (options, time, spawner, pool ?? ArrayPool<byte>.Shared);
    }

    /// <inheritdoc/>
    public string ProtocolId => "/yamux/1.0.0";

    /// <inheritdoc/>
    public IMuxer Create(IDuplexStream connection, bool isDialer, MemoryReservation? memory = null)
    {
        YamuxSession session = new(connection, isDialer, _options, _time, _pool, memory);
        session.Start(_spawner);
        return session;
    }
}
