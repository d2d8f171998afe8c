using PoUW.Network.Muxing;

namespace PoUW.Network.Hosting;

/// <summary>
/// Close reasons as GoAway codes: reason r travels as <c>0x504F0000 + r</c> ("PO"), far from the codes 0 to 2 of the yamux specification,
/// which are understood too.
/// </summary>
internal static class CloseCodes
{
    /// <summary>The code of reason 0.</summary>
    public const uint First = 0x504F_0000;

    private const uint Normal = 0;
    private const uint ProtocolError = 1;

    /// <summary>The code that tells a reason.</summary>
    public static uint ToCode(CloseReason reason) => reason < CloseReason.Lost ? First + (uint)reason : Normal;

    /// <summary>Why a connection ended, as the other side told it; a code that says nothing is a lost connection.</summary>
    public static CloseReason ToReason(MuxerEnd end)
    {
        if (end.Code is not { } code)
        {
            return CloseReason.Lost;
        }

        return code switch
        {
            Normal => CloseReason.Requested,
            ProtocolError => CloseReason.ProtocolViolation,
            > First and < First + (uint)CloseReason.Lost => FromByte((byte)(code - First)),
            _ => CloseReason.Lost,
        };
    }

    /// <summary>The reason behind a number of the wire; one that is no reason is read as a lost connection.</summary>
    public static CloseReason FromByte(byte value)
    {
        CloseReason reason = (CloseReason)value;
        return reason is > CloseReason.None and < CloseReason.Lost && Enum.IsDefined(reason) ? reason : CloseReason.Lost;
    }
}
