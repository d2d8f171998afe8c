using PoUW.Core.Primitives;

namespace PoUW.Network.Requests;

/// <summary>
/// Stream protocols of request names: <c>/pouw/&lt;first 8 hex digits of the network id&gt;/&lt;name&gt;</c>, where a name's own
/// <c>pouw/</c> at the front is not repeated. Nodes of two networks share none.
/// </summary>
public static class RequestNames
{
    /// <summary>The longest name.</summary>
    public const int MaxLength = 64;

    private const string Family = "pouw/";

    /// <summary>The protocol of a name.</summary>
    /// <exception cref="ArgumentException">The name is not 1 to 64 printable ASCII characters without spaces.</exception>
    public static string ProtocolOf(Hash256 networkId, string name)
    {
        ThrowIfInvalid(name);
        string own = name.StartsWith(Family, StringComparison.Ordinal) && name.Length > Family.Length ? name[Family.Length..] : name;
        return $"/pouw/{Convert.ToHexStringLower(networkId.ToArray().AsSpan(0, 4))}/{own}";
    }

    /// <summary>Checks a name.</summary>
    /// <exception cref="ArgumentException">It is not 1 to 64 printable ASCII characters without spaces.</exception>
    public static void ThrowIfInvalid(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (name.Length > MaxLength || name.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new ArgumentException($"'{name}' is not 1 to {MaxLength} printable ASCII characters.", nameof(name));
        }
    }
}
