using System.Buffers.Binary;
using PoUW.Core.Accounts;
using PoUW.Core.Codec;
using PoUW.Core.Primitives;

namespace PoUW.Core.State;

/// <summary>Where accounts and the supply sit in the state tree, and how they are written there; for light clients that hold proofs.</summary>
public static class AccountCodec
{
    /// <summary>Bytes of the longest encoding: a header, a nonce of up to nine bytes and a balance of up to 17.</summary>
    internal const int MaxBytes = 27;

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
        Span<byte> encoded = stackalloc byte[MaxBytes];
        return encoded[..Encode(account, encoded)].ToArray();
    }

    /// <summary>As <see cref="Encode(Account)"/>, into a buffer of <see cref="MaxBytes"/> bytes. Returns the length.</summary>
    internal static int Encode(Account account, Span<byte> destination)
    {
        int nonce = WriteInteger(account.Nonce, destination[1..]);
        int balance = WriteInteger(account.Balance.BaseUnits, destination[(1 + nonce)..]);
        destination[0] = (byte)(0xC0 + nonce + balance);
        return 1 + nonce + balance;
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

    private static int WriteInteger(UInt128 value, Span<byte> destination)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, value);
        bytes = bytes[(bytes.IndexOfAnyExcept((byte)0) is var first and >= 0 ? first : bytes.Length)..];
        if (bytes.Length == 1 && bytes[0] < 0x80)
        {
            destination[0] = bytes[0];
            return 1;
        }

        destination[0] = (byte)(0x80 + bytes.Length);
        bytes.CopyTo(destination[1..]);
        return 1 + bytes.Length;
    }
}
