using PoUW.Core.Codec;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;

namespace PoUW.Network.Sessions;

/// <summary>The first message of each side: the list [version, network id, node id, agent].</summary>
/// <param name="Version">The sender's protocol version.</param>
/// <param name="NetworkId">The hash of the genesis block.</param>
/// <param name="NodeId">The sender's name.</param>
/// <param name="Agent">The sender's software, at most <see cref="MaxAgentBytes"/> printable ASCII characters.</param>
public sealed record HandshakeMessage(ulong Version, Hash256 NetworkId, PeerId NodeId, string Agent)
{
    /// <summary>The version that this code speaks.</summary>
    public const ulong CurrentVersion = 1;

    /// <summary>The longest agent text.</summary>
    public const int MaxAgentBytes = 64;

    /// <summary>The longest encoded message.</summary>
    public const int MaxBytes = 256;

    /// <summary>True for text that may be sent as an agent.</summary>
    public static bool IsValidAgent(string agent)
    {
        ArgumentNullException.ThrowIfNull(agent);
        return agent.Length <= MaxAgentBytes && !agent.AsSpan().ContainsAnyExceptInRange(' ', '~');
    }

    /// <summary>The canonical bytes.</summary>
    public byte[] Encode() => new RlpWriter().BeginList().Write(Version).Write(NetworkId).Write(NodeId.Value).Write(Agent).EndList().Finish();

    /// <summary>Reads a message. The version is judged first, so that later versions may add fields.</summary>
    /// <returns>TooLarge, WrongVersion or Malformed when it is not a message of the current version.</returns>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> bytes, out HandshakeMessage? message)
    {
        message = null;
        if (bytes.Length > MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, "Hello", $"{bytes.Length} bytes, the limit is {MaxBytes}.");
        }

        RlpReader outer = new(bytes);
        RlpReader fields = outer.ReadList();
        ulong version = fields.ReadUInt64();
        if (!fields.Failed && version != CurrentVersion)
        {
            return ValidationResult.Fail(ValidationCode.WrongVersion, nameof(Version), $"Version {version}, only {CurrentVersion} is spoken.");
        }

        Hash256 network = fields.ReadHash();
        PeerId node = new(fields.ReadHash());
        string agent = fields.ReadText(MaxAgentBytes);
        if (!fields.TryFinish() || !outer.TryFinish() || !IsValidAgent(agent))
        {
            return ValidationResult.Fail(ValidationCode.Malformed, "Hello", "Not the canonical encoding of a handshake.");
        }

        message = new HandshakeMessage(version, network, node, agent);
        return ValidationResult.Ok;
    }
}
