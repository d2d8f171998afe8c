namespace PoUW.Network.Muxing;

/// <summary>Changes of a stream's state that ride on a frame.</summary>
[Flags]
public enum YamuxFlags : ushort
{
    /// <summary>Nothing changes.</summary>
    None = 0,

    /// <summary>Opens the stream; on a ping: asks for an answer.</summary>
    Syn = 1,

    /// <summary>Acknowledges the stream; on a ping: is the answer.</summary>
    Ack = 2,

    /// <summary>The sender writes no more to the stream.</summary>
    Fin = 4,

    /// <summary>The stream ends at once, both ways.</summary>
    Rst = 8,

    /// <summary>All that exist.</summary>
    All = Syn | Ack | Fin | Rst,
}
