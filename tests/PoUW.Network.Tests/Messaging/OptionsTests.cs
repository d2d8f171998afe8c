using PoUW.Core.Randomness;
using PoUW.Core.Validation;
using PoUW.Network.Discovery;
using PoUW.Network.Discovery.Rendezvous;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Muxing;
using PoUW.Network.Security;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Messaging;

/// <summary>Options that make no sense are refused, with the field that is wrong.</summary>
internal sealed class OptionsTests
{
    private static IEnumerable<TestCaseData> Bad()
    {
        AddressBookOptions book = new();
        yield return Case((book with { MaxPeers = 0 }).Validate(), nameof(book.MaxPeers));
        yield return Case((book with { MaxAddressesPerPeer = 0 }).Validate(), nameof(book.MaxAddressesPerPeer));
        yield return Case((book with { MaxAddressesPerPeer = 65 }).Validate(), nameof(book.MaxAddressesPerPeer));
        yield return Case((book with { MaxUnprovenPeersPerSource = 0 }).Validate(), nameof(book.MaxUnprovenPeersPerSource));
        yield return Case((book with { MaxRecordBytes = 0 }).Validate(), nameof(book.MaxRecordBytes));
        yield return Case((book with { MaxRecordBytes = 1 << 20 }).Validate(), nameof(book.MaxRecordBytes));
        yield return Case((book with { MaxFailures = 0 }).Validate(), nameof(book.MaxFailures));
        yield return Case((book with { UnprovenLifetime = TimeSpan.Zero }).Validate(), nameof(book.UnprovenLifetime));
        yield return Case((book with { ProvenLifetime = TimeSpan.Zero }).Validate(), nameof(book.ProvenLifetime));
        PeerDiscoveryOptions discovery = new();
        yield return Case((discovery with { LowWater = -1 }).Validate(), nameof(discovery.LowWater));
        yield return Case((discovery with { HighWater = -1 }).Validate(), nameof(discovery.HighWater));
        yield return Case((discovery with { MaxConcurrentDials = 0 }).Validate(), nameof(discovery.MaxConcurrentDials));
        yield return Case((discovery with { MaxDialedPerSubnet = 0 }).Validate(), nameof(discovery.MaxDialedPerSubnet));
        yield return Case((discovery with { Interval = TimeSpan.Zero }).Validate(), nameof(discovery.Interval));
        yield return Case((discovery with { SourceInterval = TimeSpan.Zero }).Validate(), nameof(discovery.SourceInterval));
        yield return Case((discovery with { MinConnectionLife = TimeSpan.Zero }).Validate(), nameof(discovery.MinConnectionLife));
        yield return Case((discovery with { SaveInterval = TimeSpan.Zero }).Validate(), nameof(discovery.SaveInterval));
        yield return Case((discovery with { BansPrefix = default }).Validate(), nameof(discovery.BansPrefix));
        yield return Case((discovery with { BansPrefix = discovery.StorePrefix }).Validate(), nameof(discovery.BansPrefix));
        RendezvousOptions rendezvous = new();
        yield return Case((rendezvous with { MinTtl = TimeSpan.Zero }).Validate(), nameof(rendezvous.MinTtl));
        yield return Case((rendezvous with { MaxTtl = TimeSpan.FromSeconds(2) }).Validate(), nameof(rendezvous.MaxTtl));
        yield return Case((rendezvous with { DefaultTtl = TimeSpan.FromSeconds(2) }).Validate(), nameof(rendezvous.DefaultTtl));
        yield return Case((rendezvous with { DefaultTtl = TimeSpan.FromDays(9) }).Validate(), nameof(rendezvous.DefaultTtl));
        yield return Case((rendezvous with { MaxRegistrations = 0 }).Validate(), nameof(rendezvous.MaxRegistrations));
        yield return Case((rendezvous with { MaxRegistrationsPerNamespace = 0 }).Validate(), nameof(rendezvous.MaxRegistrationsPerNamespace));
        yield return Case((rendezvous with { MaxRegistrationsPerPeer = 0 }).Validate(), nameof(rendezvous.MaxRegistrationsPerPeer));
        yield return Case((rendezvous with { MaxRegistrationsPerSource = 0 }).Validate(), nameof(rendezvous.MaxRegistrationsPerSource));
        yield return Case((rendezvous with { MaxRegistrationsPerAnswer = 0 }).Validate(), nameof(rendezvous.MaxRegistrationsPerAnswer));
        yield return Case((rendezvous with { MaxRegistrationsPerAnswer = 101 }).Validate(), nameof(rendezvous.MaxRegistrationsPerAnswer));
        yield return Case((rendezvous with { MaxRequestBytes = 0 }).Validate(), nameof(rendezvous.MaxRequestBytes));
        yield return Case((rendezvous with { RequestBurst = 0 }).Validate(), nameof(rendezvous.RequestBurst));
        yield return Case((rendezvous with { RequestInterval = TimeSpan.Zero }).Validate(), nameof(rendezvous.RequestInterval));
        yield return Case((rendezvous with { MaxCountedPeers = 0 }).Validate(), nameof(rendezvous.MaxCountedPeers));
        yield return Case((rendezvous with { StreamTimeout = TimeSpan.Zero }).Validate(), nameof(rendezvous.StreamTimeout));
        TlsSecurityOptions tls = new();
        yield return Case((tls with { CertificateLifetime = TimeSpan.Zero }).Validate(), nameof(tls.CertificateLifetime));
        yield return Case((tls with { CertificateLifetime = TimeSpan.FromDays(9999) }).Validate(), nameof(tls.CertificateLifetime));
        yield return Case((tls with { ClockTolerance = TimeSpan.FromTicks(-1) }).Validate(), nameof(tls.ClockTolerance));
        yield return Case((tls with { ClockTolerance = TimeSpan.FromDays(999) }).Validate(), nameof(tls.ClockTolerance));
        NetworkOptions network = new();
        yield return Case((network with { Tls = tls with { CertificateLifetime = TimeSpan.Zero } }).Validate(), nameof(tls.CertificateLifetime));
        yield return Case((network with { Yamux = new YamuxOptions { BulkWeight = 0 } }).Validate(), nameof(YamuxOptions.BulkWeight));
        yield return Case((network with { Yamux = new YamuxOptions { Pings = default } }).Validate(), nameof(YamuxOptions.Pings));
        yield return Case((network with { Yamux = new YamuxOptions { StreamOpens = default } }).Validate(), nameof(YamuxOptions.StreamOpens));
    }

    [TestCaseSource(nameof(Bad))]
    public void WhatMakesNoSenseIsNamed(ValidationResult result, string field) =>
        Assert.That((result.Code, result.Field), Is.EqualTo((ValidationCode.OutOfRange, (string?)field)), result.Message);

    [Test]
    public void TheDefaultsMakeSense()
    {
        Assert.That(new AddressBookOptions().Validate().IsValid, Is.True);
        Assert.That(new PeerDiscoveryOptions().Validate().IsValid, Is.True);
        Assert.That(new RendezvousOptions().Validate().IsValid, Is.True);
        Assert.That(new TlsSecurityOptions().Validate().IsValid, Is.True);
        Assert.That(new NetworkOptions().Validate().IsValid, Is.True);
    }

    [Test]
    public void NothingIsMadeWithOptionsThatMakeNoSense()
    {
        SeededRandomSource random = new(1, "options");
        Assert.That(() => new AddressBook(new AddressBookOptions { MaxPeers = 0 }, TimeProvider.System, random), Throws.ArgumentException);
        Assert.That(
            () => new RendezvousRegistry(new RendezvousOptions { MaxRegistrations = 0 }, TimeProvider.System, random), Throws.ArgumentException);
        Assert.That(
            () => new TlsSecurity(
                TestKeys.Of(1), IdentityVerifier.Create(), TimeProvider.System, new TlsSecurityOptions { CertificateLifetime = TimeSpan.Zero }),
            Throws.ArgumentException);
    }

    private static TestCaseData Case(ValidationResult result, string field) => new(result, field);
}
