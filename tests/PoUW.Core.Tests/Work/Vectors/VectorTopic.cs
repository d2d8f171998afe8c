using System.Text.Json;
using System.Text.Json.Nodes;

namespace PoUW.Core.Tests.Work.Vectors;

/// <summary>One file of tests/vectors/tile-work.</summary>
/// <param name="File">Its name without extension.</param>
/// <param name="Description">What it holds.</param>
/// <param name="Create">Makes the vectors with the oracle.</param>
/// <param name="Check">Compares a vector with the types that the node runs.</param>
internal sealed record VectorTopic(string File, string Description, Func<IEnumerable<JsonObject>> Create, Action<JsonElement> Check)
{
    public static IReadOnlyList<VectorTopic> All { get; } =
    [
        CommitmentVectors.Topic, SeedVectors.Topic, NoiseVectors.Topic, ProductVectors.Topic, TicketVectors.Topic, TargetVectors.Topic,
        AsertVectors.Topic, CertificateVectors.Topic, CommonsVectors.Topic,
    ];

    public override string ToString() => File;
}
