using System.Reflection;
using PoUW.Core.Ledger;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;

namespace PoUW.Core.Tests.Parameters;

public sealed class NetworkParametersCodecTests
{
    public static IEnumerable<string> PropertyNames()
    {
        return typeof(NetworkParameters).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name);
    }

    [TestCaseSource(nameof(PropertyNames))]
    public void Every_parameter_changes_the_hash(string name)
    {
        NetworkParameters changed = NetworkParameters.Development with { };
        PropertyInfo property = typeof(NetworkParameters).GetProperty(name)!;
        property.SetValue(changed, Another(property.GetValue(changed)!));

        Assert.That(NetworkParametersCodec.Hash(changed), Is.Not.EqualTo(NetworkParametersCodec.Hash(NetworkParameters.Development)));
    }

    [Test]
    public void Every_field_of_the_commons_product_changes_the_hash()
    {
        CommonsProduct commons = NetworkParameters.Development.Commons;
        CommonsProduct[] others =
            [commons with { M = 1 }, commons with { K = 1 }, commons with { N = 1 }, commons with { Seed = commons.Seed + 1 }];
        Hash256[] hashes = [.. others.Select(other => NetworkParametersCodec.Hash(NetworkParameters.Development with { Commons = other }))];

        Assert.That(hashes.Append(NetworkParametersCodec.Hash(NetworkParameters.Development)), Is.Unique);
    }

    [Test]
    public void Every_field_of_an_upgrade_changes_the_hash()
    {
        UpgradeActivation[][] lists =
        [
            [],
            [new(NetworkUpgrade.TileWork1, 0)],
            [new(NetworkUpgrade.BoundTickets, 0)],
            [new(NetworkUpgrade.TileWork1, 0), new(NetworkUpgrade.BoundTickets, 0)],
            [new(NetworkUpgrade.TileWork1, 0), new(NetworkUpgrade.BoundTickets, 1)],
            [new(NetworkUpgrade.TileWork1, 0), new(NetworkUpgrade.ToleranceJobs, 0)],
            [new(NetworkUpgrade.TileWork1, 0), new(NetworkUpgrade.BoundTickets, 0), new(NetworkUpgrade.ToleranceJobs, 0)],
            [new(NetworkUpgrade.TileWork1, 0), new(NetworkUpgrade.BoundTickets, 0), new(NetworkUpgrade.ToleranceJobs, 1)],
        ];

        Assert.That(lists.Select(list => NetworkParametersCodec.Hash(NetworkParameters.Development with { Upgrades = list })), Is.Unique);
        Assert.That(
            () => NetworkParametersCodec.Hash(NetworkParameters.Development with { Upgrades = [new((NetworkUpgrade)77, 0)] }), Throws.ArgumentException);
    }

    private static object Another(object value) => value switch
    {
        ulong number => number + 1,
        int number => number + 1,
        string text => text + "x",
        Hash256 hash => Hash256.Sha256(hash.ToArray()),
        Amount amount => amount + Amount.FromBaseUnits(1),
        CommonsProduct commons => commons with { Seed = commons.Seed + 1 },
        IReadOnlyList<UpgradeActivation> list => list.Select(item => item with { Height = item.Height + 1 }).ToArray(),
        IReadOnlyList<GenesisStake> list => list.Append(new GenesisStake(Address.Zero, Amount.FromCoins(1), StakeRoles.Worker)).ToArray(),
        IReadOnlyList<GenesisAllocation> list => list.Append(new GenesisAllocation(Address.Zero, Amount.FromCoins(1))).ToArray(),
        _ => throw new NotSupportedException($"Teach this test to change a {value.GetType()}."),
    };
}
