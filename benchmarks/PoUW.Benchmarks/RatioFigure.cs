using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PoUW.Benchmarks;

/// <summary>One measured figure beside its peer, both from the same run.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">Best figure by the thread's CPU time, or by wall time for several threads; null when only the peer was measured.</param>
/// <param name="Unit">Unit of all values.</param>
/// <param name="WallValue">The same by wall time, which shows how busy the machine was.</param>
/// <param name="Peer">What it is compared with; empty when it stands alone.</param>
/// <param name="PeerValue">The peer's figure by the same kind of time; null when the peer is absent on this machine.</param>
/// <param name="Goal">Bound on the value, or on the ratio with <paramref name="GoalOnRatio"/>; null when there is none.</param>
/// <param name="LowerIsBetter">True for times.</param>
/// <param name="GoalOnRatio">True when the goal bounds value / peer value.</param>
public sealed record RatioFigure(
    string Name,
    double? Value,
    string Unit,
    double? WallValue,
    string Peer,
    double? PeerValue,
    double? Goal,
    bool LowerIsBetter = false,
    bool GoalOnRatio = false)
{
    private static readonly JsonSerializerOptions Plain = new() { WriteIndented = false, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The median instead of the best, where it was measured.</summary>
    public double? MedianValue { get; init; }

    /// <summary>The peer's median, where it was measured.</summary>
    public double? PeerMedianValue { get; init; }

    /// <summary>Processors that other programs kept busy meanwhile, where that is known.</summary>
    public double? OtherProcessors { get; init; }

    /// <summary>Value over the peer's value; null when one of them is missing.</summary>
    public double? Ratio => PeerValue is { } peer && peer > 0 ? Value / peer : null;

    /// <summary>Whether the goal is met; null when the peer is absent, nothing own was measured or there is no goal.</summary>
    public bool? Ok => PeerAbsent || Goal is not { } goal || (GoalOnRatio ? Ratio : Value) is not { } judged ? null
        : LowerIsBetter ? judged <= goal
        : judged >= goal;

    /// <summary>True when a peer was named but could not be measured here.</summary>
    public bool PeerAbsent => Peer.Length > 0 && PeerValue is null;

    /// <summary>A rate (work over time) whose goal is a part of the peer's rate.</summary>
    /// <param name="name">What was measured.</param>
    /// <param name="work">Work of one call in the unit's numerator.</param>
    /// <param name="unit">Unit of the rate.</param>
    /// <param name="timing">Both sides.</param>
    /// <param name="peer">The peer's name, also when it is absent.</param>
    /// <param name="goal">Least ratio; null for none.</param>
    /// <param name="by">Time that the rates are judged by.</param>
    public static RatioFigure OfRates(
        string name, double work, string unit, PairedResult timing, string peer, double? goal, TimeBase by = TimeBase.Cpu)
    {
        double? Rate(BlockTime? time) => by == TimeBase.Cpu ? work / time?.CpuSeconds : work / time?.WallSeconds;
        return new RatioFigure(
            name, Rate(timing.Own?.Best), unit, work / timing.Own?.Best.WallSeconds, peer, Rate(timing.Peer?.Best), goal, GoalOnRatio: true)
        {
            MedianValue = Rate(timing.Own?.Median),
            PeerMedianValue = Rate(timing.Peer?.Median),
            OtherProcessors = timing.OtherProcessors,
        };
    }

    /// <summary>One line of JSON.</summary>
    public string ToJson() => new JsonObject
    {
        ["name"] = Name,
        ["value"] = Round(Value),
        ["unit"] = Unit,
        ["wallValue"] = Round(WallValue),
        ["medianValue"] = Round(MedianValue),
        ["peer"] = Peer,
        ["peerValue"] = Round(PeerValue),
        ["peerMedianValue"] = Round(PeerMedianValue),
        ["otherProcessors"] = Round(OtherProcessors),
        ["ratio"] = Round(Ratio),
        ["goal"] = Goal,
        ["ok"] = Ok,
    }.ToJsonString(Plain);

    private static double? Round(double? value) =>
        value is { } v ? double.Parse(v.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture) : null;
}
