using PoUW.Core.Accounts;
using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>Where accounts and the supply sit in the state tree, and how they are written there; for light clients that hold proofs.</summary>
public static class AccountCodec
{
    /// <summary>The path of an account: SHA-256("acct/" || address).</summary>
    public static Hash256 PathOf(Address address)
    {
        Span<byte> preimage = stackalloc byte[5 + Address.Size];
        "acct/"u8.CopyTo(preimage);
        address.CopyTo(preimage[5..]);
        return Hash256.Sha256(preimage);
    }

    /// <summary>The canonical encoding: RLP list (nonce, balance).</summary>
    public static byte[] Encode(Account account)
    {
        return new RlpWriter().BeginList().Write(account.Nonce).Write(account.Balance).EndList().Finish();
    }

    /// <summary>Reads an account.</summary>
    /// <returns>False if the bytes are not the canonical encoding.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> data, out Account account)
    {
        RlpReader outer = new(data);
        RlpReader items = outer.ReadList();
        Account read = new(items.ReadUInt64(), items.ReadAmount());
        bool valid = items.TryFinish() && outer.TryFinish();
        account = valid ? read : default;
        return valid;
    }
}
