using PoUW.Network.Muxing;

namespace PoUW.Benchmarks.Network;

/// <summary>One stream of yamux over TLS beside <see cref="System.Net.Security.SslStream"/> alone, in turn in one run.</summary>
internal static class StreamFigures
{
    private const int Rounds = 9;
    private const int WarmRounds = 3;
    private const long Bytes = 256L * 1024 * 1024;
    private const double Mebibytes = Bytes / (1024.0 * 1024);
    private const double Goal = 0.6;

    internal static async Task<IReadOnlyList<RatioFigure>> RunAsync()
    {
        await using MuxedLoopback secured = await MuxedLoopback.OpenAsync(isSecured: true);
        await using MuxedLoopback plain = await MuxedLoopback.OpenAsync(isSecured: false);
        await using SslLoopback ssl = await SslLoopback.OpenAsync();
        (IMuxedStream securedIn, IMuxedStream securedOut) = await secured.StreamAsync(StreamPriority.Normal);
        (IMuxedStream plainIn, IMuxedStream plainOut) = await plain.StreamAsync(StreamPriority.Normal);
        Func<BlockTime> overTls = () => Transfer.Run(Bytes, securedIn.WriteAsync, securedOut.ReadAsync);
        Func<BlockTime> overTcp = () => Transfer.Run(Bytes, plainIn.WriteAsync, plainOut.ReadAsync);
        Func<BlockTime> tlsAlone = () => Transfer.Run(Bytes, ssl.Writer.WriteAsync, ssl.Reader.ReadAsync);
        for (int i = 0; i < WarmRounds; i++)
        {
            overTls();
            overTcp();
            tlsAlone();
        }

        PairedResult paired = PairedTiming.Measure(overTls, tlsAlone, null, Rounds);
        PairedResult bare = PairedTiming.Measure(overTcp, null, null, Rounds);
        return
        [
            RatioFigure.OfRates("network.stream.wall", Mebibytes, "MiB/s", paired, "SslStream alone", Goal, TimeBase.Wall),
            RatioFigure.OfRates("network.stream.cpu", Mebibytes, "MiB/CPU-s, both ends", paired, "SslStream alone", Goal),
            RatioFigure.OfRates("network.stream.plain.cpu", Mebibytes, "MiB/CPU-s, both ends", bare, "", null),
        ];
    }
}
