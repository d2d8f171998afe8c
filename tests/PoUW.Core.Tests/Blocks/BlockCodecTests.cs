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
