using PoUW.Core.Accounts;
using PoUW.Core.Ledger;
using PoUW.Core.Primitives;

namespace PoUW.Training.Tests.Support;

/// <summary>Passes everything on to another state and counts the records that are read.</summary>
internal sealed class CountingState(IStateWriter inner) : IStateWriter
{
    public int RecordsRead { get; private set; }

    public Amount Minted => inner.Minted;

    public Amount Burned => inner.Burned;

    public Account GetAccount(Address address) => inner.GetAccount(address);

    public byte[]? GetRecord(StateKey key)
    {
        RecordsRead++;
        return inner.GetRecord(key);
    }

    public void SetRecord(StateKey key, byte[]? value) => inner.SetRecord(key, value);

    public void SetNonce(Address address, ulong nonce) => inner.SetNonce(address, nonce);

    public bool TryTransfer(Address from, Address to, Amount amount) => inner.TryTransfer(from, to, amount);

    public void Mint(Address to, Amount amount) => inner.Mint(to, amount);

    public bool TryBurn(Address from, Amount amount) => inner.TryBurn(from, amount);
}
