using PoUW.Core.Signing;

namespace PoUW.Core.Tests.Signing;

public sealed class RefusingSignerTests : SignerConformance
{
    protected override bool Signs => false;

    protected override ISigner Create() => new RefusingSigner(Pair.Address, Pair.PublicKey);
}
