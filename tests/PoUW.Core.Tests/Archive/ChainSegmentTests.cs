using System.Buffers.Binary;
using System.Security.Cryptography;
using PoUW.Core.Archive;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Tests.Chain;
using PoUW.Core.Tests.Finality;
using PoUW.Core.Validation;

namespace PoUW.Core.Tests.Archive;

public sealed class ChainSegmentTests
{
    private TestNet _net = null!;
    private BlockChain _source = null!;

    [SetUp]
    public void Open()
    {
        _net = new TestNet();
        _source = _net.Open();
        for (ulong nonce = 0; nonce < 4; nonce++)
        {
            Assert.That(_source.Import(_net.Next(_source, [_net.Pay(_net.Alice, nonce, 1)])).IsValid, Is.True);
        }
    }

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void The_header_has_the_documented_bytes()
    {
        ChainSegmentHeader header = new(0x0102030405060708, Hash256.Sha256("genesis"u8), 3, 9, Hash256.Sha256("parent"u8));
        byte[] expected =
        [
            .. "PoUWseg"u8, 0x1a, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, .. header.GenesisId.ToArray(),
            0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 9, .. header.FirstParentId.ToArray(),
        ];
        Assert.That(header.Encode().AsSpan(0, 98).ToArray(), Is.EqualTo(expected));
        Assert.That(BinaryPrimitives.ReadUInt32BigEndian(header.Encode().AsSpan(98)), Is.EqualTo(BitwiseCrc32C(expected)));
        Assert.That(BitwiseCrc32C("123456789"u8), Is.EqualTo(0xE3069283u), "RFC 3720's polynomial");
        Assert.That(ChainSegmentHeader.TryDecode(header.Encode(), out ChainSegmentHeader? read).IsValid, Is.True);
        Assert.That(read, Is.EqualTo(header));
    }

    [Test]
    public void A_segment_makes_the_same_chain_with_the_same_witnesses()
    {
        byte[] segment = Export(1, 4);
        BlockChain copy = _net.Open();
        List<ulong> heights = [];
        ChainImportResult result = ChainImport.ReadFrom(new MemoryStream(segment), copy, new Direct<ulong>(heights.Add));

        Assert.That(result, Is.EqualTo(new ChainImportResult(ValidationResult.Ok, 4, 0, null)));
        Assert.That(heights, Is.EqualTo(new ulong[] { 1, 2, 3, 4 }));
        Assert.That(copy.Head.Id, Is.EqualTo(_source.Head.Id));
        Assert.That(copy.GetBlockByHeight(3)!.Encode(), Is.EqualTo(_source.GetBlockByHeight(3)!.Encode()));
    }

    [Test]
    public void An_import_is_resumed_by_repeating_it_and_segments_follow_each_other()
    {
        BlockChain copy = _net.Open();
        Assert.That(Import(Export(1, 2), copy).Imported, Is.EqualTo(2));
        Assert.That(Import(Export(1, 4), copy), Is.EqualTo(new ChainImportResult(ValidationResult.Ok, 2, 2, null)));
        Assert.That(Import(Export(3, 4), copy), Is.EqualTo(new ChainImportResult(ValidationResult.Ok, 0, 2, null)));
    }

    [Test]
    public void A_segment_of_another_network_or_of_higher_blocks_is_refused_before_anything()
    {
        using TestNet other = new(parameters => parameters with { BlockSubsidy = Amount.FromCoins(3) });
        ChainImportResult foreign = Import(Export(1, 4), other.Open());
        ChainImportResult high = Import(Export(3, 4), _net.Open());

        Assert.That(foreign.Result.Code, Is.EqualTo(ValidationCode.WrongChain));
        Assert.That(high.Result.Code, Is.EqualTo(ValidationCode.UnknownParent));
        Assert.That(high.Result.Message, Does.Contain("height 3"));
        Assert.That((foreign.Imported, high.Imported, foreign.StoppedAt, high.StoppedAt), Is.EqualTo((0ul, 0ul, (ulong?)null, (ulong?)null)));
    }

    [Test]
    public void A_segment_cut_at_any_byte_gives_the_blocks_before_the_cut()
    {
        byte[] segment = Export(1, 2);
        int firstEnd = ChainSegmentHeader.EncodedBytes + 8 + _source.GetBlockByHeight(1)!.Encode().Length;
        int secondEnd = firstEnd + 8 + _source.GetBlockByHeight(2)!.Encode().Length;
        BlockChain copy = _net.Open();
        for (int length = 0; length < segment.Length; length++)
        {
            ChainImportResult result = Import(segment[..length], copy);
            ulong whole = (ulong)((length >= firstEnd ? 1 : 0) + (length >= secondEnd ? 1 : 0));
            Assert.That(result.Result.Code, Is.EqualTo(ValidationCode.Malformed), $"{length} bytes");
            Assert.That(result.Imported + result.Skipped, Is.EqualTo(whole), $"{length} bytes");
            Assert.That(copy.Head.Height, Is.EqualTo(whole), $"{length} bytes");
            ulong? stopped = length < ChainSegmentHeader.EncodedBytes || whole == 2 ? null : whole + 1;
            Assert.That(result.StoppedAt, Is.EqualTo(stopped), $"{length} bytes");
        }

        Assert.That(Import(segment, copy).IsComplete, Is.True);
    }

    [Test]
    public void A_change_of_any_byte_is_found_and_nothing_false_is_imported()
    {
        byte[] segment = Export(1, 2);
        for (int at = 0; at < segment.Length; at++)
        {
            byte[] damaged = [.. segment];
            damaged[at] ^= 0x10;
            BlockChain copy = _net.Open();
            ChainImportResult result = Import(damaged, copy);
            Assert.That(result.Result.IsValid, Is.False, $"byte {at}");
            Assert.That(copy.Head.Id, Is.EqualTo(_source.GetIdByHeight(copy.Head.Height)), $"byte {at}");
        }
    }

    [Test]
    public void Random_damage_never_throws()
    {
        byte[] segment = Export(1, 4);
        Fuzzer fuzzer = new(8, "segments");
        BlockChain copy = _net.Open();
        for (int i = 0; i < 3_000; i++)
        {
            byte[] damaged = fuzzer.Mutate(segment);
            ChainImportResult result = Import(damaged, copy);
            Assert.That(result.Result.IsValid, Is.EqualTo(damaged.AsSpan().SequenceEqual(segment)), $"case {i}");
        }

        Assert.That(copy.Head.Id, Is.EqualTo(_source.GetIdByHeight(copy.Head.Height)));
    }

    [TestCase(0, 0x51, ValidationCode.Malformed)]
    [TestCase(9, 2, ValidationCode.WrongVersion)]
    [TestCase(17, 0xFF, ValidationCode.Malformed)]
    public void A_header_that_says_something_else_is_refused(int at, byte value, ValidationCode code)
    {
        byte[] segment = Export(1, 1);
        segment[at] = value;
        Assert.That(Import(segment, _net.Open()).Result.Code, Is.EqualTo(code));
    }

    [TestCase(0ul, 3ul)]
    [TestCase(4ul, 3ul)]
    [TestCase(1ul, ulong.MaxValue)]
    public void Heights_that_make_no_sense_are_refused(ulong first, ulong last)
    {
        byte[] header = new ChainSegmentHeader(1, Hash256.Zero, first, last, Hash256.Zero).Encode();
        Assert.That(ChainSegmentHeader.TryDecode(header, out ChainSegmentHeader? read).Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(read, Is.Null);
    }

    [Test]
    public void A_length_above_the_limit_is_refused_before_anything_is_allocated()
    {
        byte[] segment = Export(1, 1);
        BinaryPrimitives.WriteUInt32BigEndian(segment.AsSpan(ChainSegmentHeader.EncodedBytes), 0x7FFF_FFFF);
        BlockChain copy = _net.Open();
        long before = GC.GetAllocatedBytesForCurrentThread();
        ChainImportResult result = Import(segment, copy);

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(100_000));
        Assert.That((result.Result.Code, result.StoppedAt), Is.EqualTo((ValidationCode.TooLarge, (ulong?)1)));
    }

    [Test]
    public void Each_check_of_a_block_is_made_even_when_the_checksums_are_right()
    {
        BlockHeader header = _source.GetBlockByHeight(2)!.Header;
        Block At(BlockHeader changed) => _source.GetBlockByHeight(2)! with { Header = changed };
        Assert.That(ReadSecond(At(header with { ChainId = 77 }).Encode()), Is.EqualTo(ValidationCode.WrongChain));
        Assert.That(ReadSecond(At(header with { Height = 3 }).Encode()), Is.EqualTo(ValidationCode.WrongHeight));
        Assert.That(ReadSecond(At(header with { ParentHash = Hash256.Zero }).Encode()), Is.EqualTo(ValidationCode.UnknownParent));
        Assert.That(ReadSecond([0xC0]), Is.EqualTo(ValidationCode.Malformed));
        Assert.That(ReadSecond([]), Is.EqualTo(ValidationCode.Malformed));
        Assert.That(ReadSecond(_source.GetBlockByHeight(2)!.Encode()), Is.EqualTo(ValidationCode.Ok));
    }

    [Test]
    public void The_trailer_must_match_and_be_the_end()
    {
        byte[] segment = Export(1, 2);
        Assert.That(Import([.. segment, 0], _net.Open()).Result.Message, Does.Contain("follows"));
        foreach (int fromEnd in new[] { 1, 33, 41, 44 })
        {
            byte[] damaged = [.. segment];
            damaged[^fromEnd] ^= 1;
            ChainImportResult result = Import(damaged, _net.Open());
            Assert.That((result.Result.Field, result.Imported), Is.EqualTo(("Trailer", 2ul)), $"{fromEnd} from the end");
        }
    }

    [Test]
    public void An_invalid_block_stops_the_import_where_it_is_and_what_was_before_stays()
    {
        Block second = _source.GetBlockByHeight(2)!;
        Block wrong = TestNet.Mine(second.Header with { StateRoot = Hash256.Zero }, second.Transactions);
        MemoryStream stream = new();
        using (ChainSegmentWriter writer = new(stream, new ChainSegmentHeader(_net.Parameters.ChainId, _source.Genesis.Id, 1, 2, _source.Genesis.Id)))
        {
            writer.Add(_source.GetBlockByHeight(1)!);
            writer.Add(wrong);
            writer.Complete();
        }

        BlockChain copy = _net.Open();
        ChainImportResult result = Import(stream.ToArray(), copy);
        Assert.That((result.Result.Code, result.Imported, result.StoppedAt), Is.EqualTo((ValidationCode.WrongStateRoot, 1ul, (ulong?)2)));
        Assert.That(copy.Head.Height, Is.EqualTo(1));
    }

    [Test]
    public void A_writer_takes_the_blocks_of_its_header_only_and_in_order()
    {
        ChainSegmentHeader header = new(_net.Parameters.ChainId, _source.Genesis.Id, 1, 2, _source.Genesis.Id);
        using ChainSegmentWriter writer = new(new MemoryStream(), header);
        Assert.That(() => writer.Add(_source.GetBlockByHeight(2)!), Throws.ArgumentException);
        writer.Add(_source.GetBlockByHeight(1)!);
        Assert.That(() => writer.Add(_source.GetBlockByHeight(1)!), Throws.ArgumentException);
        Assert.That(writer.Complete, Throws.InvalidOperationException);
        writer.Add(_source.GetBlockByHeight(2)!);
        Assert.That(() => writer.Add(_source.GetBlockByHeight(3)!), Throws.ArgumentException);
        writer.Complete();
        Assert.That(writer.Complete, Throws.InvalidOperationException);
    }

    [TestCase(0ul, 2ul)]
    [TestCase(3ul, 2ul)]
    [TestCase(1ul, 5ul)]
    public void Heights_that_the_chain_does_not_have_are_not_exported(ulong from, ulong to)
    {
        MemoryStream stream = new();
        Assert.That(ChainExport.WriteTo(stream, _source, from, to).Code, Is.EqualTo(ValidationCode.OutOfRange));
        Assert.That(stream.Length, Is.Zero);
    }

    [Test]
    public void A_reorganisation_during_an_export_changes_nothing()
    {
        BlockChain rival = _net.Open();
        _net.Grow(rival, 6, offsetMs: 1);
        Hash256 before = _source.Head.Id;
        MemoryStream stream = new();
        ChainExport.WriteTo(stream, _source, 1, 4, new Direct<ulong>(height =>
        {
            for (ulong at = 1; height == 2 && at <= 6; at++)
            {
                Assert.That(_source.Import(rival.GetBlockByHeight(at)!).IsValid, Is.True);
            }
        }));

        Assert.That(_source.Head.Id, Is.EqualTo(rival.Head.Id));
        BlockChain copy = _net.Open();
        Assert.That(Import(stream.ToArray(), copy).IsComplete, Is.True);
        Assert.That(copy.Head.Id, Is.EqualTo(before));
    }

    [Test]
    public void Cancelling_stops_between_blocks_and_what_was_imported_stays()
    {
        byte[] segment = Export(1, 4);
        BlockChain copy = _net.Open();
        using CancellationTokenSource source = new();
        Direct<ulong> progress = new(height =>
        {
            if (height == 2)
            {
                source.Cancel();
            }
        });

        Assert.That(() => ChainImport.ReadFrom(new MemoryStream(segment), copy, progress, source.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(copy.Head.Height, Is.EqualTo(2));
        Assert.That(() => ChainExport.WriteTo(new MemoryStream(), copy, 1, 2, null, source.Token), Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public void Pruned_blocks_are_exported_without_witness_and_taken_on_trust_only()
    {
        using FinalityNet net = new();
        BlockChain chain = net.Open(change: options => options with { KeptWitnesses = 1 });
        net.Grow(chain, 14, [0, 1, 2]);
        chain.PruneWitnesses(100);
        MemoryStream stream = new();
        Assert.That(ChainExport.WriteTo(stream, chain, 1, 14).IsValid, Is.True);

        ChainImportResult refused = Import(stream.ToArray(), net.Open());
        BlockChain trusting = net.Open(change: options => options with { TrustedCheckpoint = new(6, chain.GetIdByHeight(6)!.Value) });
        Assert.That((refused.Result.Code, refused.StoppedAt), Is.EqualTo((ValidationCode.MissingWitness, (ulong?)1)));
        Assert.That(Import(stream.ToArray(), trusting).IsComplete, Is.True);
        Assert.That(trusting.Head.Id, Is.EqualTo(chain.Head.Id));
    }

    private byte[] Export(ulong from, ulong to)
    {
        MemoryStream stream = new();
        Assert.That(ChainExport.WriteTo(stream, _source, from, to).IsValid, Is.True);
        return stream.ToArray();
    }

    private static ChainImportResult Import(byte[] segment, BlockChain chain) => ChainImport.ReadFrom(new MemoryStream(segment), chain);

    /// <summary>Reads a segment of two blocks whose second one is these bytes, with checksums that are right.</summary>
    private ValidationCode ReadSecond(byte[] second)
    {
        ChainSegmentHeader header = new(_net.Parameters.ChainId, _source.Genesis.Id, 1, 2, _source.Genesis.Id);
        MemoryStream stream = new();
        stream.Write(header.Encode());
        WriteBlock(stream, 1, _source.GetBlockByHeight(1)!.Encode());
        WriteBlock(stream, 2, second);
        byte[] end = new byte[12];
        end[11] = 2;
        stream.Write(end);
        stream.Write(SHA256.HashData(stream.ToArray()));
        stream.Position = 0;
        Assert.That(ChainSegmentReader.Open(stream, _net.Parameters.MaxBlockBytes, out ChainSegmentReader? reader).IsValid, Is.True);
        using (reader)
        {
            Assert.That(reader!.TryRead(out Block? first).IsValid && first is not null, Is.True);
            ValidationResult result = reader.TryRead(out Block? block);
            ValidationResult after = reader.TryRead(out Block? none);
            Assert.That(after, Is.EqualTo(result), "a failure stays, and the right trailer is Ok");
            Assert.That((block is not null, none is null), Is.EqualTo((result.IsValid, true)));
            return result.Code;
        }
    }

    private static void WriteBlock(MemoryStream stream, ulong height, byte[] encoded)
    {
        byte[] covered = [.. new byte[8], .. encoded];
        BinaryPrimitives.WriteUInt64BigEndian(covered, height);
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteUInt32BigEndian(prefix, (uint)encoded.Length);
        BinaryPrimitives.WriteUInt32BigEndian(prefix.AsSpan(4), BitwiseCrc32C(covered));
        stream.Write(prefix);
        stream.Write(encoded);
    }

    /// <summary>CRC-32C bit by bit, as RFC 3720 defines it.</summary>
    private static uint BitwiseCrc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        foreach (byte value in data)
        {
            crc ^= value;
            for (int bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78u : crc >> 1;
            }
        }

        return ~crc;
    }
}
