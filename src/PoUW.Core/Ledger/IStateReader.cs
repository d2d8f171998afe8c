using PoUW.Core.Accounts;
using PoUW.Core.Primitives;

namespace PoUW.Core.Ledger;

/// <summary>Reads the world state: accounts, and flat records under byte-string keys. Not thread-safe unless the implementation says so.</summary>
public interface IStateReader
{
    /// <summary>The account of an address; an account that was never touched is empty.</summary>
    Account GetAccount(Address address);

    /// <summary>The record under a module's key, or null. The array must not be changed.</summary>
    byte[]? GetRecord(StateKey key);

    /// <summary>Coins created since genesis, genesis allocations included.</summary>
    Amount Minted { get; }

    /// <summary>Coins destroyed since genesis.</summary>
    Amount Burned { get; }
}
