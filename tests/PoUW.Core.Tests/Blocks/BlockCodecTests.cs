using PoUW.Core.Blocks;
using PoUW.Core.Cryptography;
using PoUW.Core.Parameters;
using PoUW.Core.Primitives;
using PoUW.Core.Randomness;
using PoUW.Core.Transactions;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Blocks;

public sealed class BlockCodecTests
{
    private const int MaxBytes = 64 * 1024;

    [Test]
    public void A_block_round_trips_with_and_without_its_witness()
    {
        Block block = Sample();

        Assert.That(Block.TryDecode(block.Encode(), MaxBytes, out Block? decoded).IsValid, Is.True);
        Assert.That(decoded!.Id, Is.EqualTo(block.Id));
        Assert.That(decoded.Encode(), Is.EqualTo(block.Encode()));
        Assert.That(Block.TryDecode(block.EncodeWithoutWitness(), MaxBytes, out Block? pruned).IsValid, Is.True);
        Assert.That(pruned!.Id, Is.EqualTo(block.Id));
        Assert.That(pruned.Certificate.Witness.Length, Is.Zero);
    }

    [Test]
    public void The_length_without_witness_is_known_for_decoded_blocks_and_for_copies()
    {
        Block made = Sample();
        Assert.That(Block.TryDecode(made.Encode(), MaxBytes, out Block? read).IsValid, Is.True);
        Block[] blocks =
        [
            made, read!, read! with { Transactions = [] }, read! with { Transactions = [read.Transactions[1]] },
            read! with { Header = read.Header with { Nonce = ulong.MaxValue } }, read! with { Seal = ProducerSeal.Empty },
            read! with { Certificate = new WorkCertificate(new byte[1_000], new byte[70_000]) },
        ];
        foreach (Block block in blocks)
        {
            using PoUW.Core.Codec.RlpWriter writer = new();
            block.WriteWithoutWitness(writer);
            byte[] encoded = block.EncodeWithoutWitness();

            Assert.That(block.EncodedLengthWithoutWitness, Is.EqualTo(encoded.Length));
            Assert.That(writer.WrittenSpan.SequenceEqual(encoded), Is.True);
            Assert.That(Block.TryDecode(encoded, MaxBytes, out Block? again).IsValid, Is.True);
            Assert.That(again!.Transactions.Select(t => t.FullHash), Is.EqualTo(block.Transactions.Select(t => t.FullHash)));
        }

        Assert.That(blocks.Select(block => Convert.ToHexString(block.Encode())).Distinct().Count(), Is.EqualTo(blocks.Length - 1), "Only the first two are one block.");
    }

    /// <summary>Injective: blocks that differ in anything have different encodings, and an encoding decodes to its block.</summary>
    [FsCheck.NUnit.Property(MaxTest = 50)]
    public bool Blocks_have_the_same_encoding_only_if_they_are_the_same(ulong nonce, ulong time, byte[] publicData, byte[] witness, byte picks)
    {
        Block sample = Sample();
        Block first = sample with
        {
            Header = sample.Header with { Nonce = nonce, TimestampMs = time },
            Certificate = new WorkCertificate(publicData, witness),
            Transactions = [.. sample.Transactions.Where((_, i) => (picks >> i & 1) != 0)],
        };
        Block second = (picks >> 2) switch
        {
            < 16 => first with { Certificate = new WorkCertificate(witness, publicData) },
            < 32 => first with { Header = first.Header with { Nonce = time, TimestampMs = nonce } },
            < 48 => first with { Transactions = [.. first.Transactions.Reverse()] },
            _ => first with { Seal = ProducerSeal.Empty },
        };
        return first.Encode().AsSpan().SequenceEqual(second.Encode()) == Same(first, second)
            && Block.TryDecode(second.Encode(), MaxBytes, out Block? read).IsValid && Same(read!, second);
    }

    private static bool Same(Block a, Block b) =>
        a.Header == b.Header && a.Transactions.Select(t => t.FullHash).SequenceEqual(b.Transactions.Select(t => t.FullHash))
        && a.Certificate.PublicData.Span.SequenceEqual(b.Certificate.PublicData.Span)
        && a.Certificate.Witness.Span.SequenceEqual(b.Certificate.Witness.Span)
        && a.Seal.PublicKey.Span.SequenceEqual(b.Seal.PublicKey.Span) && a.Seal.Signature.Span.SequenceEqual(b.Seal.Signature.Span);

    [Test]
    public void The_seal_is_in_the_encoding_but_not_in_the_id()
    {
        Block block = Sample();
        Block bare = block with { Seal = ProducerSeal.Empty };

        Assert.That(bare.Id, Is.EqualTo(block.Id));
        Assert.That(bare.Encode(), Is.Not.EqualTo(block.Encode()));
        Assert.That(Block.TryDecode(bare.Encode(), MaxBytes, out Block? decoded).IsValid, Is.True);
        Assert.That(decoded!.Seal.PublicKey.Length + decoded.Seal.Signature.Length, Is.Zero);
        ProducerSeal[] odd =
        [
            block.Seal with { PublicKey = default }, block.Seal with { Signature = default },
            block.Seal with { PublicKey = new byte[32] }, block.Seal with { Signature = new byte[65] },
        ];
        Assert.That(
            odd.Select(seal => Block.TryDecode((block with { Seal = seal }).Encode(), MaxBytes, out _).Code),
            Is.All.EqualTo(ValidationCode.Malformed));
    }

    [Test]
    public void Signed_headers_round_trip_and_mutations_never_throw()
    {
        byte[] valid = Sample().SignedHeader.Encode();
        Secp256k1Scheme scheme = new();
        Assert.That(SignedHeader.TryDecode(valid, out SignedHeader? decoded), Is.True);
        Assert.That(decoded!.Encode(), Is.EqualTo(valid));
        Assert.That(decoded.Seal.Verify(scheme, decoded.Header), Is.True);
        Assert.That(SignedHeader.TryDecode(new byte[SignedHeader.MaxEncodedBytes + 1], out _), Is.False);
        Fuzzer fuzzer = new(6, "signed header");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = fuzzer.Mutate(valid);
            if (SignedHeader.TryDecode(mutated, out SignedHeader? other))
            {
                Assert.That(other!.Encode(), Is.EqualTo(mutated));
            }
        }
    }

    [Test]
    public void The_incomplete_header_leaves_out_only_the_commitment()
    {
        BlockHeader header = Sample().Header;
        BlockHeader other = header with { CertificateCommitment = Hash256.Zero };

        Assert.That(other.EncodeIncomplete(), Is.EqualTo(header.EncodeIncomplete()));
        Assert.That(other.Id, Is.Not.EqualTo(header.Id));
        Assert.That(BlockHeader.TryDecode(header.Encode(), out BlockHeader? decoded), Is.True);
        Assert.That(decoded, Is.EqualTo(header));
        Assert.That(BlockHeader.TryDecode(header.EncodeIncomplete(), out _), Is.False);
        Assert.That(BlockHeader.TryDecode(new byte[BlockHeader.MaxEncodedBytes + 1], out _), Is.False);
    }

    [Test]
    public void Every_header_field_changes_id_and_binding()
    {
        BlockHeader header = Sample().Header;
        BlockHeader[] others =
        [
            header with { Version = 2 }, header with { ChainId = 2 }, header with { Height = 99 }, header with { ParentHash = Hash256.Zero },
            header with { TimestampMs = 1 }, header with { Bits = 1 }, header with { Producer = Address.Zero }, header with { Nonce = 1 },
            header with { TransactionRoot = Hash256.Zero }, header with { StateRoot = Hash256.Zero }, header with { ReceiptsRoot = Hash256.Zero },
        ];

        Assert.That(others.Append(header).Select(other => other.Id), Is.Unique);
        Assert.That(others.Append(header).Select(other => Convert.ToHexString(other.EncodeIncomplete())), Is.Unique);
    }

    [Test]
    public void Mutated_blocks_never_throw_and_what_decodes_is_canonical()
    {
        byte[] valid = Sample().Encode();
        Fuzzer fuzzer = new(4, "block");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = fuzzer.Mutate(valid);
            if (Block.TryDecode(mutated, MaxBytes, out Block? decoded).IsValid)
            {
                Assert.That(decoded!.Encode(), Is.EqualTo(mutated));
            }
        }
    }

    [Test]
    public void Limits_are_checked()
    {
        Block block = Sample();
        Block longPublicData = block with { Certificate = new WorkCertificate(new byte[Block.MaxPublicDataBytes + 1], default) };
        Block longWitness = block with { Certificate = new WorkCertificate(default, new byte[Block.MaxWitnessBytes + 1]) };

        Assert.That(Block.TryDecode(new byte[Block.MaxEncodedBytes(MaxBytes) + 1], MaxBytes, out _).Code, Is.EqualTo(ValidationCode.TooLarge));
        Assert.That(Block.TryDecode(longPublicData.Encode(), MaxBytes, out _).IsValid, Is.False);
        Assert.That(Block.TryDecode(longWitness.Encode(), MaxBytes, out _).IsValid, Is.False);
        Assert.That(Block.TryDecode([], MaxBytes, out _).Code, Is.EqualTo(ValidationCode.Malformed));
    }

    [Test]
    public void The_transaction_root_fixes_signatures()
    {
        using KeyPair key = KeyPair.Generate(new SeededRandomSource(1, "block"));
        Transaction first = Sample().Transactions[0];
        Transaction twin = TransactionSigner.Sign(key, first.Body);

        Assert.That(twin.Id, Is.EqualTo(first.Id));
        Assert.That(Block.TransactionRootOf([twin]), Is.Not.EqualTo(Block.TransactionRootOf([first])));
    }

    [Test]
    public void Merkle_roots_follow_the_definition()
    {
        Hash256[] items = [.. Enumerable.Range(0, 3).Select(i => Hash256.Sha256([(byte)i]))];
        Hash256[] leaves = [.. items.Select(item => Hash256.Sha256([0, .. item.ToArray()]))];
        Hash256 pair = Hash256.Sha256([1, .. leaves[0].ToArray(), .. leaves[1].ToArray()]);
        Hash256 three = Hash256.Sha256([1, .. pair.ToArray(), .. leaves[2].ToArray()]);

        Assert.That(MerkleRoot.Of([]), Is.EqualTo(Hash256.Zero));
        Assert.That(MerkleRoot.Of([items[0]]), Is.EqualTo(leaves[0]));
        Assert.That(MerkleRoot.Of([items[0], items[1]]), Is.EqualTo(pair));
        Assert.That(MerkleRoot.Of(items), Is.EqualTo(three));
        Assert.That(MerkleRoot.Of([.. items, items[2]]), Is.Not.EqualTo(three));
    }

    [Test]
    public void Merkle_roots_of_every_small_count_are_those_of_a_plain_tree()
    {
        for (int count = 0; count <= 140; count++)
        {
            Hash256[] items = [.. Enumerable.Range(0, count).Select(i => Hash256.Sha256([(byte)i, 1]))];
            List<Hash256> level = [.. items.Select(item => Hash256.Sha256([0, .. item.ToArray()]))];
            while (level.Count > 1)
            {
                level = [.. level.Chunk(2).Select(pair => pair.Length == 1 ? pair[0] : Hash256.Sha256([1, .. pair[0].ToArray(), .. pair[1].ToArray()]))];
            }

            Assert.That(MerkleRoot.Of(items), Is.EqualTo(count == 0 ? Hash256.Zero : level[0]), $"{count} leaves");
        }
    }

    [Test]
    public void Roots_of_receipts_and_transactions_are_those_of_their_hashes_and_cost_no_garbage()
    {
        Receipt[] receipts =
            [.. Enumerable.Range(0, 100).Select(i => new Receipt(Hash256.Sha256([(byte)i]), (ValidationCode)i, (ulong)i * 77_777, Amount.FromBaseUnits((ulong)i * 1_000_003)))];
        Transaction[] transactions = [.. Enumerable.Repeat(Sample().Transactions, 50).SelectMany(t => t)];

        Assert.That(Receipt.RootOf(receipts), Is.EqualTo(MerkleRoot.Of([.. receipts.Select(receipt => receipt.Hash)])));
        Assert.That(Block.TransactionRootOf(transactions), Is.EqualTo(MerkleRoot.Of([.. transactions.Select(t => t.FullHash)])));
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Receipt.RootOf(receipts);
            Block.TransactionRootOf(transactions);
        }

        Assert.That((GC.GetAllocatedBytesForCurrentThread() - before) / 100, Is.LessThanOrEqualTo(100));
    }

    [Test]
    public void Lists_of_different_length_or_order_have_different_roots()
    {
        Hash256[] items = [.. Enumerable.Range(0, 33).Select(i => Hash256.Sha256([(byte)i]))];
        IEnumerable<Hash256> roots = Enumerable.Range(0, 34).Select(count => MerkleRoot.Of(items[..count]));

        Assert.That(roots.Append(MerkleRoot.Of([.. items.Reverse()])), Is.Unique);
    }

    [Test]
    public void Receipts_round_trip_and_mutations_never_throw()
    {
        Receipt[] receipts =
        [
            new(Hash256.Sha256([1]), ValidationCode.Ok, 21_000, Amount.FromCoins(1)),
            new(Hash256.Sha256([2]), ValidationCode.NoLease, 30_000, Amount.Zero),
        ];
        byte[] valid = Receipt.EncodeList(receipts);
        Assert.That(Receipt.TryDecodeList(valid, out IReadOnlyList<Receipt> decoded), Is.True);
        Assert.That(decoded, Is.EqualTo(receipts));
        Fuzzer fuzzer = new(5, "receipts");
        for (int i = 0; i < 20_000; i++)
        {
            byte[] mutated = fuzzer.Mutate(valid);
            if (Receipt.TryDecodeList(mutated, out IReadOnlyList<Receipt> other))
            {
                Assert.That(Receipt.EncodeList(other), Is.EqualTo(mutated));
            }
        }
    }

    private static Block Sample()
    {
        using KeyPair key = KeyPair.Generate(new SeededRandomSource(1, "block"));
        TransactionSigner signer = new(NetworkParameters.Development);
        Transaction[] transactions =
            [signer.Transfer(key, 0, key.Address, Amount.FromCoins(1)), signer.Transfer(key, 1, Address.Zero, Amount.FromCoins(2))];
        byte[] publicData = [1, 2, 3];
        BlockHeader header = new()
        {
            ChainId = 1337,
            Height = 5,
            ParentHash = Hash256.Sha256([1]),
            TimestampMs = 1_767_225_605_000,
            Bits = 0x1d00ffff,
            Producer = key.Address,
            TransactionRoot = Block.TransactionRootOf(transactions),
            StateRoot = Hash256.Sha256([2]),
            ReceiptsRoot = Hash256.Sha256([3]),
            CertificateCommitment = BlockHeader.CommitTo(publicData),
        };
        return new Block(header, transactions, new WorkCertificate(publicData, new byte[] { 9, 9 }), ProducerSeal.Sign(key, header));
    }
}
