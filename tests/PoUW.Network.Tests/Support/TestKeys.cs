using PoUW.Core.Randomness;
using PoUW.Network.Identity;

namespace PoUW.Network.Tests.Support;

/// <summary>Identities whose ids are in the order of their numbers, since it decides who of two nodes speaks first.</summary>
internal static class TestKeys
{
    private static readonly Lazy<IdentityKey[]> All = new(static () =>
        [.. Enumerable.Range(0, 100).Select(static i => IdentityKey.Generate(new SeededRandomSource((ulong)i, "identity"))).OrderBy(static key => key.Id)]);

    public static IdentityKey Of(int number) => All.Value[number];

    public static PeerId IdOf(int number) => Of(number).Id;

    public static int NumberOf(PeerId id) => Array.FindIndex(All.Value, key => key.Id == id);
}
