using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using PoUW.Network.Transports;

namespace PoUW.Network.Tests.Support;

/// <summary>A SHA-256 over all that was delivered, to whom and when: two runs are the same if this is.</summary>
internal sealed class SimulationTrace(SimulationTime time)
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    /// <summary>Bytes that went into the hash.</summary>
    public long Bytes { get; private set; }

    /// <summary>The hash so far, in hexadecimal.</summary>
    public string Hash => Convert.ToHexString(_hash.GetCurrentHash());

    /// <summary>A transport that adds whatever its connections read.</summary>
    public ITransport Watch(ITransport inner) => new WatchedTransport(inner, this);

    public void Add(string label, ReadOnlySpan<byte> bytes)
    {
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteInt64BigEndian(head, time.Now.Ticks);
        BinaryPrimitives.WriteInt32BigEndian(head[8..], bytes.Length);
        _hash.AppendData(head);
        _hash.AppendData(Encoding.UTF8.GetBytes(label));
        _hash.AppendData(bytes);
        Bytes += bytes.Length;
    }
}
