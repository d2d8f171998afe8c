using PoUW.Core.Cryptography;
using PoUW.Core.Randomness;
using PoUW.Sdk.Nodes;

namespace Samples.Shared.Jobs;

/// <summary>A node of a sample network.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Key">Its account. Anybody who knows seed and name has it: for development only.</param>
/// <param name="Roles">What it does.</param>
/// <param name="Funds">Coins that it has at the start, besides a validator's stake.</param>
public sealed record SampleMember(string Name, KeyPair Key, NodeRoles Roles, ulong Funds)
{
    /// <summary>The key of a name under a seed.</summary>
    public static KeyPair KeyOf(ulong seed, string name) => KeyPair.Generate(new SeededRandomSource(seed, name));

    /// <summary>A client, validators, workers, in this order.</summary>
    public static IEnumerable<SampleMember> Create(ulong seed, int validators, int workers)
    {
        yield return new SampleMember("client", KeyOf(seed, "client"), NodeRoles.Client, 1_000_000);
        for (int i = 1; i <= validators; i++)
        {
            yield return new SampleMember($"validator-{i}", KeyOf(seed, $"validator-{i}"), NodeRoles.Validator, 10);
        }

        for (int i = 1; i <= workers; i++)
        {
            yield return new SampleMember($"worker-{i}", KeyOf(seed, $"worker-{i}"), NodeRoles.Worker, 40);
        }
    }
}
