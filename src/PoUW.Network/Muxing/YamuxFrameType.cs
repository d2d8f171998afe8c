namespace PoUW.Network.Muxing;

/// <summary>What a yamux frame is.</summary>
public enum YamuxFrameType : byte
{
    /// <summary>Bytes of a stream follow; the length is theirs.</summary>
    Data = 0,

    /// <summary>The length is how many more bytes of the stream the sender of the frame takes.</summary>
    WindowUpdate = 1,

    /// <summary>A ping or, with the acknowledging flag, its answer; the length is an opaque number that the answer repeats.</summary>
    Ping = 2,

    /// <summary>The connection ends; the length is the code.</summary>
    GoAway = 3,
}
