using System.Text;
using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Protobuf;

namespace PoUW.Network.Hosting;

/// <summary>
/// What nodes of a network tell each other first: <c>{1: version, 2: network id, 3: agent, 4: stake binding}</c> in protobuf. Immutable.
/// </summary>
/// <param name="Version">The version of the sender's protocols.</param>
/// <param name="NetworkId">The hash of its genesis block.</param>
/// <param name="Agent">Its software, for logs.</param>
/// <param name="StakeBinding">A signed record that binds the sender's id to an account, not looked at yet; empty for none.</param>
public sealed record HelloMessage(uint Version, Hash256 NetworkId, string Agent, ReadOnlyMemory<byte> StakeBinding)
{
    /// <summary>The version that this package speaks.</summary>
    public const uint CurrentVersion = 1;

    /// <summary>The longest encoding.</summary>
    public const int MaxBytes = 2048;

    private const int MaxFields = 16;

    /// <summary>The encoding, without a length.</summary>
    public byte[] Encode()
    {
        ProtoWriter writer = new();
        writer.WriteVarint(1, Version);
        writer.WriteBytes(2, NetworkId.ToArray());
        writer.WriteString(3, Agent);
        if (!StakeBinding.IsEmpty)
        {
            writer.WriteBytes(4, StakeBinding.Span);
        }

        return writer.ToArray();
    }

    /// <summary>Reads a peer's message. Never throws.</summary>
    public static ValidationResult TryDecode(ReadOnlySpan<byte> encoded, out HelloMessage? message)
    {
        message = null;
        if (encoded.Length > MaxBytes)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(HelloMessage), $"{encoded.Length} bytes; at most {MaxBytes}.");
        }

        ulong version = 0;
        ReadOnlySpan<byte> network = default;
        ReadOnlySpan<byte> agent = default;
        ReadOnlySpan<byte> binding = default;
        ProtoReader reader = new(encoded, MaxFields);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 1:
                    version = reader.Varint;
                    break;
                case 2:
                    network = reader.Bytes;
                    break;
                case 3:
                    agent = reader.Bytes;
                    break;
                case 4:
                    binding = reader.Bytes;
                    break;
                default:
                    break;
            }
        }

        if (reader.IsMalformed)
        {
            return Malformed("Not a message.");
        }

        if (version != CurrentVersion)
        {
            return ValidationResult.Fail(ValidationCode.WrongVersion, nameof(Version), $"Version {version}; {CurrentVersion} is spoken.");
        }

        if (network.Length != Hash256.Size)
        {
            return Malformed("The network id is a hash.");
        }

        if (agent.Length > HostOptions.MaxAgentLength || agent.ContainsAnyExceptInRange((byte)' ', (byte)'~'))
        {
            return Malformed($"The agent is at most {HostOptions.MaxAgentLength} printable ASCII characters.");
        }

        message = new HelloMessage(CurrentVersion, new Hash256(network), Encoding.ASCII.GetString(agent), binding.ToArray());
        return ValidationResult.Ok;
    }

    private static ValidationResult Malformed(string detail) => ValidationResult.Fail(ValidationCode.Malformed, nameof(HelloMessage), detail);
}
