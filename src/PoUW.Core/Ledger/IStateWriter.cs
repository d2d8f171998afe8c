using PoUW.Core.Primitives;

namespace PoUW.Core.Ledger;

/// <summary>
/// Reads and changes the world state inside one block. The sum of all balances is always <see cref="IStateReader.Minted"/> minus
/// <see cref="IStateReader.Burned"/>: only <see cref="Mint"/> and <see cref="TryBurn"/> change it.
/// </summary>
public interface IStateWriter : IStateReader
{
    /// <summary>Sets a record under a module's key; null deletes it.</summary>
    void SetRecord(StateKey key, byte[]? value);

    /// <summary>Sets an account's nonce.</summary>
    void SetNonce(Address address, ulong nonce);

    /// <summary>Moves coins.</summary>
    /// <returns>False, and no change, if the sender has too little.</returns>
    bool TryTransfer(Address from, Address to, Amount amount);

    /// <summary>Creates coins for a block's subsidy, the bonus of a bound block, or a genesis allocation.</summary>
    void Mint(Address to, Amount amount);

    /// <summary>Destroys coins.</summary>
    /// <returns>False, and no change, if the account has too little.</returns>
    bool TryBurn(Address from, Amount amount);
}
