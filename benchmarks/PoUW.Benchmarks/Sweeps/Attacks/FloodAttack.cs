using System.Diagnostics;
using System.Text.Json;
using PoUW.Benchmarks.Network;

namespace PoUW.Benchmarks.Sweeps.Attacks;

/// <summary>A <see cref="Flooder"/> against a node while honest peers dial and talk. Once with bans, once where scores alone guard the node.</summary>
internal static class FloodAttack
{
    private const double OutSeconds = 5;
    private const double WindowSeconds = 3;

    /// <summary>The least rate of messages that makes it the attack that was meant, of those that a node without bans gets.</summary>
    private const double LeastRate = 0.5 * Flooder.Rate;

    public static async Task<AttackFigures> RunAsync(int honest, bool bans)
    {
        AttackFigures figures = new(bans ? "flood" : "flood without bans");
        await using AttackedNode node = await AttackedNode.StartAsync(bans);
        HonestTraffic traffic = await HonestTraffic.StartAsync(node.Address);
        for (int i = 0; i < honest; i++)
        {
            await traffic.DialAndTalkAsync();
        }

        traffic.Report(figures, "before", AttackSweep.WorstMilliseconds);
        await using (NodeProcess flooder = await NodeProcess.StartAsync(Flooder.Verb, node.Address.ToString()))
        {
            TargetState begun = await node.WaitAsync(static state => state.FirstInvalid != 0);
            for (int i = 0; i < honest || Stopwatch.GetElapsedTime(begun.Now).TotalSeconds < WindowSeconds; i++)
            {
                await traffic.DialAndTalkAsync();
            }

            TargetState ended = await node.WaitAsync(state => IsOut(state, bans));
            string[] words = await flooder.AskAsync("STATE", "STATE");
            Report(figures, begun, ended, JsonSerializer.Deserialize<FlooderState>(words[1])!, bans);
        }

        traffic.Report(figures, "meanwhile", AttackSweep.WorstMilliseconds);
        await traffic.DisposeAsync();
        await node.CheckAfterwardsAsync(figures);
        return figures;
    }

    private static bool IsOut(TargetState state, bool bans) => (bans ? state.FirstBanned : state.FirstGraylisted) != 0;

    private static void Report(AttackFigures figures, TargetState begun, TargetState ended, FlooderState flooder, bool bans)
    {
        double seconds = Stopwatch.GetElapsedTime(begun.Now, ended.Now).TotalSeconds;
        double arrived = (ended.Rpcs - begun.Rpcs) / seconds;
        figures.Tell("sent by the flooder, messages/s", flooder.Sent / flooder.Seconds);
        figures.Tell("arrived at the node, messages/s", arrived);
        figures.Tell("arrived at the node, bytes/s", (ended.Bytes - begun.Bytes) / seconds);
        figures.Tell("CPU of the node meanwhile, cores", (ended.CpuSeconds - begun.CpuSeconds) / seconds);
        figures.Tell("dropped undecoded", ended.RpcsGraylisted);
        figures.Tell("judged by the handler", ended.Judged);
        figures.Tell("ids of the flooder", flooder.Ids);
        figures.Tell("times it was admitted", flooder.Admitted);
        figures.Tell("times it was refused", flooder.Refused);
        figures.Tell("ids banned", ended.Banned);
        figures.Tell("until graylisted, s", Until(ended.FirstGraylisted));
        figures.Tell("until banned and disconnected, s", Until(ended.FirstBanned));
        double first = new[] { ended.FirstGraylisted, ended.FirstBanned }.Where(static time => time != 0).Select(Until).DefaultIfEmpty(double.PositiveInfinity).Min();
        figures.AtMost("until graylisted or banned, s", first, OutSeconds);
        if (!bans)
        {
            figures.AtLeast("arrived at the node, messages/s", arrived, LeastRate);
        }

        double Until(long time) => time == 0 ? -1 : Stopwatch.GetElapsedTime(ended.FirstInvalid, time).TotalSeconds;
    }
}
