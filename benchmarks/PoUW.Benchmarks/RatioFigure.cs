using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PoUW.Benchmarks;

/// <summary>One measured figure beside its peer, both from the same run.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">Figure by the thread's CPU time.</param>
/// <param name="Unit">Unit of all values.</param>
/// <param name="WallValue">The same by wall time, which shows how busy the machine was.</param>
/// <param name="Peer">What it is compared with; empty when it stands alone.</param>
/// <param name="PeerValue">The peer's figure by CPU time; null when the peer is absent on this machine.</param>
/// <param name="Goal">Bound on the value.</param>
/// <param name="LowerIsBetter">True for times.</param>
public sealed record RatioFigure(
    string Name, double Value, string Unit, double WallValue, string Peer, double? PeerValue, double Goal, bool LowerIsBetter = false)
{
    /// <summary>True when the goal is met.</summary>
    public bool Ok => LowerIsBetter ? Value <= Goal : Value >= Goal;

    /// <summary>True when a peer was named but could not be measured here.</summary>
    public bool PeerAbsent => Peer.Length > 0 && PeerValue is null;

    /// <summary>One line of JSON.</summary>
    public string ToJson() => new JsonObject
    {
        ["name"] = Name,
        ["value"] = Round(Value),
        ["unit"] = Unit,
        ["wallValue"] = Round(WallValue),
        ["peer"] = Peer,
        ["peerValue"] = PeerValue is { } peer ? Round(peer) : null,
        ["ratio"] = PeerValue is { } other && other > 0 ? Round(Value / other) : null,
        ["goal"] = Goal,
        ["ok"] = Ok,
    }.ToJsonString(new JsonSerializerOptions { WriteIndented = false });

    private static double Round(double value) => double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
