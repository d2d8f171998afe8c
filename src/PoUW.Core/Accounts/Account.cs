using PoUW.Core.Primitives;

namespace PoUW.Core.Accounts;

/// <summary>An account's state.</summary>
/// <param name="Nonce">The nonce that the next transaction of this account must carry.</param>
/// <param name="Balance">What it owns.</param>
public readonly record struct Account(ulong Nonce, Amount Balance)
{
    /// <summary>True for an account that was never touched; it takes no room in the state.</summary>
    public bool IsEmpty => Nonce == 0 && Balance == Amount.Zero;
}
