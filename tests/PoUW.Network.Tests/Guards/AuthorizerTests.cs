using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Hosting;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Guards;

internal sealed class AuthorizerTests
{
    private static readonly Address Rich = AddressOf(1);
    private static readonly Address Poor = AddressOf(2);

    [Test]
    public async Task TheRejectingOneAdmitsNobodyAndTheOpenOneEverybody()
    {
        Assert.That((await new RejectingPeerAuthorizer().AuthorizeAsync(Describe(1, Rich), default)).Code, Is.EqualTo(ValidationCode.NotAllowed));
        Assert.That((await new OpenPeerAuthorizer().AuthorizeAsync(Describe(1, null), default)).IsValid, Is.True);
    }

    [Test]
    public async Task StakeAdmits()
    {
        ulong rich = 100;
        StakedPeerAuthorizer authorizer = new(account => account == Rich ? Amount.FromCoins(rich) : Amount.FromCoins(99), Amount.FromCoins(100), [Strangers.Peer(7)]);
        Assert.That((await authorizer.AuthorizeAsync(Describe(1, Rich), default)).IsValid, Is.True);
        Assert.That((await authorizer.AuthorizeAsync(Describe(1, Poor), default)).Code, Is.EqualTo(ValidationCode.StakeTooSmall));
        Assert.That((await authorizer.AuthorizeAsync(Describe(1, null), default)).Code, Is.EqualTo(ValidationCode.NotAllowed));
        Assert.That((await authorizer.AuthorizeAsync(Describe(7, null), default)).IsValid, Is.True, "trusted by name");
        rich = 99;
        Assert.That((await authorizer.AuthorizeAsync(Describe(1, Rich), default)).IsValid, Is.False, "asked again each time");
        Assert.That(() => new StakedPeerAuthorizer(_ => default, Amount.Zero, []), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public async Task AListAdmits()
    {
        AllowListPeerAuthorizer authorizer = new([Strangers.Peer(1)], [Rich]);
        async Task<bool> IsAdmittedAsync(int peer, Address? account) => (await authorizer.AuthorizeAsync(Describe(peer, account), default)).IsValid;
        Assert.That((await IsAdmittedAsync(1, null), await IsAdmittedAsync(2, null), await IsAdmittedAsync(2, Rich), await IsAdmittedAsync(2, Poor)), Is.EqualTo((true, false, true, false)));
        authorizer.Add(Strangers.Peer(2));
        authorizer.Add(Poor);
        authorizer.Remove(Strangers.Peer(1));
        authorizer.Remove(Rich);
        Assert.That((await IsAdmittedAsync(1, null), await IsAdmittedAsync(2, null), await IsAdmittedAsync(3, Rich), await IsAdmittedAsync(3, Poor)), Is.EqualTo((false, true, false, true)));
    }

    private static PeerDescription Describe(int peer, Address? account) => new(Strangers.Peer(peer), Multiaddr.Memory("x"), "agent", true, account);

    private static Address AddressOf(byte number)
    {
        byte[] bytes = new byte[Address.Size];
        bytes[0] = number;
        return new Address(bytes);
    }
}
