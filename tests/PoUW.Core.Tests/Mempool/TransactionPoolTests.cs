using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Cryptography;
using PoUW.Core.Mempool;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Mempool;

public sealed class TransactionPoolTests
{
    private const ulong ManyGas = 30_000_000;

    private TestNet _net = null!;
    private BlockChain _chain = null!;
    private TransactionPool _pool = null!;

    [SetUp]
    public void Open()
    {
        _net = new TestNet();
        _chain = _net.Open();
        _pool = NewPool(new MempoolOptions());
    }

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void Good_transactions_wait_until_a_block_takes_them()
    {
        Transaction payment = _net.Pay(_net.Alice, 0, 1);
        Admits(payment);
        Assert.That(_pool.Find(payment.Id), Is.SameAs(payment));
        Assert.That(_pool.Bytes, Is.EqualTo(TransactionPool.SizeOf(payment)));
        Assert.That(_pool.NextNonce(_net.Alice.Address), Is.EqualTo(1));
        Assert.That(_chain.Import(_net.Next(_chain, _pool.Select(ManyGas))).IsValid, Is.True);
        Assert.That(_chain.FindTransaction(payment.Id), Is.Not.Null);
        Assert.That(_pool.Count, Is.Zero);
        Assert.That(_pool.Bytes, Is.Zero);
        Refuses(payment, ValidationCode.NonceTooLow);
    }

    [Test]
    public void What_a_block_could_not_hold_is_refused()
    {
        Transaction good = _net.Pay(_net.Alice, 0, 1);
        byte[] signature = good.Signature.ToArray();
        signature[0] ^= 1;
        Refuses(new Transaction(good.Body, signature), ValidationCode.BadSignature);
        Refuses(Signed(good.Body with { ChainId = 1 }), ValidationCode.WrongChain);
        Refuses(Signed(good.Body with { ExpiryHeight = 0 }), ValidationCode.Expired);
        Refuses(Signed(good.Body with { MaxFeePerGas = 1 }), ValidationCode.FeeTooLow);
        Refuses(Signed(good.Body with { GasLimit = 1 }), ValidationCode.OutOfGas);
        Refuses(Signed(good.Body with { Payload = new byte[] { 1 } }), ValidationCode.Malformed);
        Refuses(Signed(good.Body with { Nonce = 64 }), ValidationCode.NonceTooHigh);
        using KeyPair poor = KeyPair.Generate(new SeededRandomSource(1, "poor"));
        Refuses(_net.Signer.Transfer(poor, 0, _net.Bob.Address, Amount.Zero), ValidationCode.InsufficientBalance);
        Admits(good);
        Refuses(good, ValidationCode.AlreadyKnown);
    }

    [Test]
    public void Fees_that_wait_already_count_against_the_balance()
    {
        // 1,000 coins pay two fees of about 430 coins, not three.
        ulong tip = 20_000_000_000_000_000;
        Admits(_net.Pay(_net.Alice, 0, 0, tip));
        Admits(_net.Pay(_net.Alice, 1, 0, tip));
        Refuses(_net.Pay(_net.Alice, 2, 0, tip), ValidationCode.InsufficientBalance);
    }

    [Test]
    public void Selection_prefers_tips_keeps_nonce_order_and_skips_gaps()
    {
        Transaction alice0 = _net.Pay(_net.Alice, 0, 1, tip: 1);
        Transaction alice1 = _net.Pay(_net.Alice, 1, 1, tip: 9);
        Transaction bob0 = _net.Pay(_net.Bob, 0, 1, tip: 5);
        Transaction bob2 = _net.Pay(_net.Bob, 2, 1, tip: 100);
        foreach (Transaction transaction in new[] { bob2, alice1, alice0, bob0 })
        {
            Admits(transaction);
        }

        Assert.That(_pool.Select(ManyGas), Is.EqualTo(new[] { bob0, alice0, alice1 }));
        Assert.That(_pool.Select(TransactionGas.Of(bob0.Body) * 2), Is.EqualTo(new[] { bob0, alice0 }));
        Assert.That(_pool.Select(1), Is.Empty);
    }

    [Test]
    public void Equal_tips_go_by_arrival()
    {
        Transaction bob = _net.Pay(_net.Bob, 0, 1);
        Transaction alice = _net.Pay(_net.Alice, 0, 1);
        Admits(bob);
        Admits(alice);

        Assert.That(_pool.Select(ManyGas), Is.EqualTo(new[] { bob, alice }));
    }

    [Test]
    public void A_replacement_must_offer_a_tenth_more()
    {
        Transaction first = _net.Pay(_net.Alice, 0, 1, tip: 1_000_000_000);
        Admits(first);

        // Base fee and tip are 2 gwei; a tenth more is 2.2, and one base unit on top.
        Refuses(_net.Pay(_net.Alice, 0, 2, tip: 1_200_000_000), ValidationCode.ReplacementTooCheap);
        Transaction second = _net.Pay(_net.Alice, 0, 2, tip: 1_200_000_001);
        Admits(second);
        Assert.That(_pool.Count, Is.EqualTo(1));
        Assert.That(_pool.Find(first.Id), Is.Null);
        Assert.That(_pool.Select(ManyGas), Is.EqualTo(new[] { second }));
    }

    [Test]
    public void A_full_pool_gives_room_only_to_better_tips()
    {
        _pool = NewPool(new MempoolOptions { MaxCount = 2 });
        Transaction alice0 = _net.Pay(_net.Alice, 0, 1, tip: 5);
        Transaction alice1 = _net.Pay(_net.Alice, 1, 1, tip: 9);
        Admits(alice0);
        Admits(alice1);
        Refuses(_net.Pay(_net.Bob, 0, 1, tip: 5), ValidationCode.PoolFull);
        Refuses(_net.Pay(_net.Alice, 2, 1, tip: 50), ValidationCode.PoolFull);
        Transaction bob = _net.Pay(_net.Bob, 0, 1, tip: 6);
        Admits(bob);

        Assert.That(_pool.Find(alice1.Id), Is.Null, "the last of the cheapest sender leaves");
        Assert.That(_pool.Select(ManyGas), Is.EqualTo(new[] { bob, alice0 }));
    }

    [Test]
    public void The_byte_limit_holds()
    {
        Transaction first = _net.Pay(_net.Alice, 0, 1);
        _pool = NewPool(new MempoolOptions { MaxBytes = TransactionPool.SizeOf(first) + 10 });
        Admits(first);
        Refuses(_net.Pay(_net.Bob, 0, 1), ValidationCode.PoolFull);
        Admits(_net.Pay(_net.Bob, 0, 1, tip: 1));
        Assert.That(_pool.Count, Is.EqualTo(1));
    }

    [Test]
    public void A_transaction_that_finds_no_room_drives_nobody_out()
    {
        Transaction cheap = _net.Pay(_net.Bob, 0, 1, tip: 1);
        Transaction dear = _net.Pay(_net.Alice, 0, 1, tip: 9);
        _pool = NewPool(new MempoolOptions { MaxBytes = TransactionPool.SizeOf(cheap) + TransactionPool.SizeOf(dear) + 10 });
        Admits(cheap);
        Admits(dear);

        // It outbids the cheap one only, whose room is too small for it.
        Transaction large = _net.Signer.Sign(
            _net.Alice, dear.Body.Kind, 1, new TransferPayload(_net.Bob.Address, Amount.FromCoins(1), new byte[64]).Encode(), 5);
        Refuses(large, ValidationCode.PoolFull);
        Assert.That(_pool.Find(cheap.Id), Is.Not.Null);
        Assert.That(_pool.Find(dear.Id), Is.Not.Null);
    }

    [Test]
    public void Transactions_that_no_block_can_take_yet_fill_half_of_the_pool_at_most()
    {
        _pool = NewPool(new MempoolOptions { MaxCount = 4 });
        Admits(_net.Pay(_net.Bob, 5, 1, tip: 1_000));
        Admits(_net.Pay(_net.Bob, 6, 1, tip: 1_000));
        Refuses(_net.Pay(_net.Bob, 7, 1, tip: 1_000), ValidationCode.BehindGap);
        Transaction[] ready = [_net.Pay(_net.Alice, 0, 1), _net.Pay(_net.Alice, 1, 1)];
        Admits(ready[0]);
        Admits(ready[1]);
        Assert.That(_pool.Select(ManyGas), Is.EqualTo(ready));
    }

    [Test]
    public void What_waits_behind_an_expired_transaction_leaves_with_it()
    {
        Admits(Signed(_net.Pay(_net.Bob, 0, 1).Body with { ExpiryHeight = 1 }, _net.Bob));
        Admits(_net.Pay(_net.Bob, 1, 1, tip: 1_000));
        _net.Grow(_chain, 1);
        Assert.That(_pool.Count, Is.Zero);
    }

    [Test]
    public void A_replacement_that_finds_no_room_leaves_the_old_one()
    {
        Transaction first = _net.Pay(_net.Alice, 0, 1);
        _pool = NewPool(new MempoolOptions { MaxBytes = TransactionPool.SizeOf(first) + 20 });
        Admits(first);
        Transaction larger = _net.Signer.Sign(
            _net.Alice, first.Body.Kind, 0, new TransferPayload(_net.Bob.Address, Amount.FromCoins(1), new byte[64]).Encode(), 1_000_000_000);
        Refuses(larger, ValidationCode.PoolFull);
        Assert.That(_pool.Find(first.Id), Is.Not.Null);
    }

    [Test]
    public void Transactions_leave_when_they_expire_or_can_no_longer_be_paid()
    {
        Admits(Signed(_net.Pay(_net.Bob, 0, 1).Body with { ExpiryHeight = 1 }, _net.Bob));
        Admits(_net.Pay(_net.Alice, 1, 1));
        Admits(_net.Pay(_net.Alice, 2, 1));
        Amount all = _chain.HeadState.GetAccount(_net.Alice.Address).Balance;
        Amount fee = TransactionGas.Fee(_net.Pay(_net.Alice, 0, 1).Body, _net.Parameters);

        // Leaves about one and a half fees: enough for one of the two that wait.
        Transaction empties = _net.Signer.Transfer(_net.Alice, 0, _net.Bob.Address, all - fee - fee - fee.Scale(1, 2));
        Assert.That(_chain.Import(_net.Next(_chain, [empties])).IsValid, Is.True);

        Assert.That(_chain.GetReceipts(_chain.Head.Id)!.Single().Succeeded, Is.True);
        Assert.That(_pool.Count, Is.EqualTo(1));
        Assert.That(_pool.Select(ManyGas).Single().Body.Nonce, Is.EqualTo(1));
    }

    [Test]
    public void A_reorganisation_gives_transactions_back()
    {
        Transaction lost = _net.Pay(_net.Alice, 0, 1);
        Transaction follower = _net.Pay(_net.Alice, 1, 1);
        Transaction kept = _net.Pay(_net.Bob, 0, 1);
        Assert.That(_chain.Import(_net.Next(_chain, [lost, kept])).IsValid, Is.True);
        Assert.That(_chain.Import(_net.Next(_chain, [follower])).IsValid, Is.True);
        BlockChain other = _net.Open();
        Block[] branch = [Grown(other, [kept], 1), Grown(other, [], 1), Grown(other, [], 1)];
        Assert.That(_pool.Count, Is.Zero);
        foreach (Block block in branch)
        {
            Assert.That(_chain.Import(block).IsValid, Is.True);
        }

        Assert.That(_chain.Head.Id, Is.EqualTo(other.Head.Id));
        Assert.That(_pool.Select(ManyGas).Select(transaction => transaction.Id), Is.EqualTo(new[] { lost.Id, follower.Id }));
    }

    [Test]
    public void Threads_may_admit_at_once()
    {
        Transaction[] all = [.. Enumerable.Range(0, 20).Select(i => _net.Pay(i % 2 == 0 ? _net.Alice : _net.Bob, (ulong)(i / 2), 1))];
        Parallel.For(0, 4, _ =>
        {
            foreach (Transaction transaction in all)
            {
                _pool.Admit(transaction);
            }
        });

        Assert.That(_pool.Select(ManyGas), Has.Count.EqualTo(20));
        Assert.That(_pool.Count, Is.EqualTo(20));
    }

    private TransactionPool NewPool(MempoolOptions options)
    {
        TransactionPool pool = new(_chain, options);
        _chain.Subscribe(pool);
        return pool;
    }

    private Block Grown(BlockChain chain, Transaction[] transactions, ulong offset)
    {
        Block block = _net.Next(chain, transactions, offset);
        Assert.That(chain.Import(block).IsValid, Is.True);
        return block;
    }

    private Transaction Signed(TransactionBody body, KeyPair? signer = null) => TransactionSigner.Sign(signer ?? _net.Alice, body);

    private void Admits(Transaction transaction)
    {
        ValidationResult result = _pool.Admit(transaction);
        Assert.That(result.IsValid, Is.True, result.ToString());
    }

    private void Refuses(Transaction transaction, ValidationCode code)
    {
        int count = _pool.Count;
        ValidationResult result = _pool.Admit(transaction);
        Assert.That(result.Code, Is.EqualTo(code), result.ToString());
        Assert.That(_pool.Count, Is.EqualTo(count));
    }
}
