using System.Text;
using PoUW.Core.Validation;

namespace PoUW.Network.Multiaddresses;

/// <summary>The text form: names and values between slashes.</summary>
internal static class MultiaddrText
{
    private static readonly SortedDictionary<string, MultiaddrProtocol> Names = new(StringComparer.Ordinal)
    {
        ["ip4"] = MultiaddrProtocol.Ip4,
        ["tcp"] = MultiaddrProtocol.Tcp,
        ["ip6"] = MultiaddrProtocol.Ip6,
        ["dns"] = MultiaddrProtocol.Dns,
        ["dns4"] = MultiaddrProtocol.Dns4,
        ["dns6"] = MultiaddrProtocol.Dns6,
        ["dnsaddr"] = MultiaddrProtocol.Dnsaddr,
        ["udp"] = MultiaddrProtocol.Udp,
        ["p2p-circuit"] = MultiaddrProtocol.P2pCircuit,
        ["p2p"] = MultiaddrProtocol.P2p,
        ["ipfs"] = MultiaddrProtocol.P2p,
        ["tls"] = MultiaddrProtocol.Tls,
        ["quic-v1"] = MultiaddrProtocol.QuicV1,
        ["ws"] = MultiaddrProtocol.Ws,
        ["wss"] = MultiaddrProtocol.Wss,
        ["memory"] = MultiaddrProtocol.Memory,
    };

    public static bool HasValue(MultiaddrProtocol protocol) => protocol is not (MultiaddrProtocol.P2pCircuit or MultiaddrProtocol.Tls
        or MultiaddrProtocol.QuicV1 or MultiaddrProtocol.Ws or MultiaddrProtocol.Wss);

    public static string Write(ReadOnlySpan<MultiaddrPart> parts)
    {
        StringBuilder text = new();
        foreach (MultiaddrPart part in parts)
        {
            text.Append('/').Append(NameOf(part.Protocol));
            if (HasValue(part.Protocol))
            {
                text.Append('/').Append(part.Value);
            }
        }

        return text.ToString();
    }

    public static ValidationResult TryRead(string text, out MultiaddrPart[] parts)
    {
        parts = [];
        if (text.Length > Multiaddr.MaxTextLength)
        {
            return ValidationResult.Fail(ValidationCode.TooLarge, nameof(Multiaddr), $"{text.Length} characters; at most {Multiaddr.MaxTextLength}.");
        }

        if (!text.StartsWith('/'))
        {
            return Malformed("it does not begin with a slash.");
        }

        string[] words = text.TrimEnd('/').Split('/');
        List<MultiaddrPart> read = [];
        for (int i = 1; i < words.Length; i++)
        {
            if (!Names.TryGetValue(words[i], out MultiaddrProtocol protocol))
            {
                return Malformed($"the protocol '{words[i]}' is not known.");
            }

            bool hasValue = HasValue(protocol);
            if (hasValue && i + 1 == words.Length)
            {
                return Malformed($"'{words[i]}' has no value.");
            }

            read.Add(new MultiaddrPart(protocol, hasValue ? words[++i] : ""));
        }

        parts = [.. read];
        return ValidationResult.Ok;
    }

    private static string NameOf(MultiaddrProtocol protocol) => protocol == MultiaddrProtocol.P2p ? "p2p" : Names.First(pair => pair.Value == protocol).Key;

    private static ValidationResult Malformed(string message) => ValidationResult.Fail(ValidationCode.Malformed, nameof(Multiaddr), message);
}
