using System.Text.Json;
using System.Text.Json.Nodes;
using PoUW.Core.Primitives;
using PoUW.Core.Work;
using static PoUW.Core.Tests.Work.Vectors.VectorFile;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>The last hash.</summary>
internal static class TicketVectors
{
    public static VectorTopic Topic { get; } = new(
        "tickets", "Tickets of a ticket key, sixteen state words and a tile.", Create, Check);

    private static IEnumerable<JsonObject> Create()
    {
        yield return Of("counting words", [.. Enumerable.Range(0, 16).Select(i => (uint)i)], 0, 0, 0);
        yield return Of("words with high bits", [.. Enumerable.Range(0, 16).Select(i => 0x8899aabbU + (uint)i)], 1, 2, 3);
        yield return Of("the last tile of the largest product", new uint[16], 4095, 4095, 7);
    }

    private static JsonObject Of(string name, uint[] state, int i, int j, int g)
    {
        Hash256 key = TileWorkOracle.H("ticket key");
        return new JsonObject
        {
            ["name"] = name,
            ["ticketKey"] = key.ToString(),
            ["state"] = Words(state),
            ["i"] = i,
            ["j"] = j,
            ["g"] = g,
            ["ticket"] = TileWorkOracle.H([key, .. state, i, j, g]).ToString(),
        };
    }

    private static void Check(JsonElement v) => Same(
        new TileWorkSeeds(default, default, Hash(v, "ticketKey")).Ticket(Words(v, "state"), Int(v, "i"), Int(v, "j"), Int(v, "g")),
        Hash(v, "ticket"),
        v,
        "ticket");
}
