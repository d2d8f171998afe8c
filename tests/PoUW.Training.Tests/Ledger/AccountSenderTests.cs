using PoUW.Core.Cryptography;
using PoUW.Core.Ledger;
using PoUW.Core.Randomness;
using PoUW.Training.Ledger;
using PoUW.Training.Tests.Economics;

namespace PoUW.Training.Tests.Ledger;

[TestFixture]
public sealed class AccountSenderTests
{
    [Test]
    public void A_nonce_whose_transaction_expired_is_used_again_although_later_ones_are_alive()
    {
        LedgerHarness harness = new();
        HarnessLedger ledger = new(harness);
        AccountSender sender = new(KeyPair.Generate(new SeededRandomSource(1, "sender")), ledger);
        for (int i = 0; i < 3; i++)
        {
            sender.Send(TransactionKind.Withdraw, ReadOnlyMemory<byte>.Empty);
            harness.EndBlock(AccountSender.ExpiryBlocks / 2 + 1);
        }

        sender.Send(TransactionKind.Withdraw, ReadOnlyMemory<byte>.Empty);
        Assert.That(ledger.Submitted.Select(transaction => transaction.Body.Nonce), Is.EqualTo(new ulong[] { 0, 1, 0, 1 }));
    }
}
