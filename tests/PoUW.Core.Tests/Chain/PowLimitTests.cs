using System.Numerics;
using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Parameters;
using PoUW.Core.Validation;
using PoUW.Core.Work;

namespace PoUW.Core.Tests.Chain;

/// <summary>The easiest target, with the production difficulty rule.</summary>
public sealed class PowLimitTests
{
    private static readonly uint LimitBits = CompactTarget.Encode(WorkTarget.DefaultPowLimit);

    /// <summary>A schedule that is late by years gives the limit, not more, and blocks at the limit are valid.</summary>
    [Test]
    public void A_late_schedule_saturates_at_the_limit_and_goes_on()
    {
        TileWorkNet net = new(parameters => parameters with { GenesisTicketsPerBlock = 40 });
        net.Time.Now = net.Time.Now.AddYears(3);
        BlockChain chain = net.Open();
        Assert.That(chain.Genesis.Header.Bits, Is.Not.EqualTo(LimitBits));
        ulong year = 365UL * 86_400_000;
        for (int i = 0; i < 3; i++)
        {
            Block block = TileWorkNet.Mine(chain.Propose(TileWorkNet.Key.Address, [], chain.Head.Header.TimestampMs + (year / 2)).Header, chain.Head.Header.Bits);
            Assert.That(chain.Import(block).ToString(), Is.EqualTo("Ok"));
            Assert.That(i == 0 || block.Header.Bits == LimitBits, Is.True, $"block {i}");
        }

        Assert.That(CompactTarget.TryDecode(LimitBits, out BigInteger target), Is.True);
        Assert.That(target, Is.LessThanOrEqualTo(WorkTarget.DefaultPowLimit));
        Assert.That(chain.TotalWork - chain.GetPosition(chain.Head.Header.ParentHash)!.TotalWork, Is.EqualTo(WorkTarget.ChainWork(target)));
    }

    /// <summary>At 40 tickets a block the limit is 2.5 times the genesis target, so between one and two half-lives away.</summary>
    [TestCase(1ul, false)]
    [TestCase(2ul, true)]
    [TestCase(10ul, true)]
    [TestCase(512ul, true)]
    [TestCase(513ul, true)]
    [TestCase(1_000_000ul, true)]
    public void The_rule_stops_at_the_limit(ulong halfLivesLate, bool saturated)
    {
        NetworkParameters parameters = NetworkParameters.Development with { GenesisTicketsPerBlock = 40 };
        TileWorkNet net = new(_ => parameters);
        BlockHeader genesis = net.Open().Genesis.Header;
        AsertDifficulty rule = new(parameters);
        ulong late = halfLivesLate * parameters.AsertHalfLifeBlocks * parameters.BlockTimeMilliseconds;
        uint bits = rule.NextBits(genesis, genesis with { TimestampMs = genesis.TimestampMs + late });

        Assert.That(bits == LimitBits, Is.EqualTo(saturated));
        Assert.That(CompactTarget.Validate(bits, WorkTarget.DefaultPowLimit, out _).IsValid, Is.True);
    }

    [TestCase(0x1e010000u)]
    [TestCase(0x1e7fffffu)]
    [TestCase(0x1f00ffffu)]
    [TestCase(0x21008000u)]
    public void Bits_above_the_limit_are_refused_even_where_the_limit_is_right(uint bits)
    {
        TileWorkNet net = new();
        BlockChain chain = net.Open();
        Assert.That(CompactTarget.TryDecode(bits, out BigInteger target), Is.True, "the bits are canonical");
        Assert.That(target, Is.GreaterThan(WorkTarget.DefaultPowLimit));
        BlockHeader header = chain.Propose(TileWorkNet.Key.Address, [], chain.Head.Header.TimestampMs + 1_000).Header;
        Assert.That(header.Bits, Is.EqualTo(LimitBits));

        Assert.That(chain.Import(TileWorkNet.Mine(header with { Bits = bits }, LimitBits)).Code, Is.EqualTo(ValidationCode.WrongBits));
        Assert.That(chain.Import(TileWorkNet.Mine(header, LimitBits)).IsValid, Is.True);
    }

    [TestCase(1ul)]
    [TestCase(15ul)]
    [TestCase(16ul)]
    public void Too_few_tickets_a_block_give_the_limit(ulong tickets)
    {
        BigInteger target = WorkTarget.FromTicketsPerBlock(tickets, WorkTarget.DefaultPowLimit);
        Assert.That(target, Is.EqualTo(tickets < 16 ? WorkTarget.DefaultPowLimit : BigInteger.Min(WorkTarget.DefaultPowLimit, BigInteger.One << 232)));
    }

    [TestCase(17ul)]
    [TestCase(500ul)]
    [TestCase(1_000_000_000_000_000ul)]
    public void More_tickets_a_block_give_their_share_of_the_ticket_space(ulong tickets)
    {
        BigInteger target = WorkTarget.FromTicketsPerBlock(tickets, WorkTarget.DefaultPowLimit);
        BigInteger perTicket = target * TileWorkParameters.UnitMacs;
        Assert.That(perTicket * tickets, Is.LessThanOrEqualTo(WorkTarget.TicketSpace));
        Assert.That((perTicket + TileWorkParameters.UnitMacs) * tickets, Is.GreaterThan(WorkTarget.TicketSpace));
        Assert.That(() => WorkTarget.FromTicketsPerBlock(0, WorkTarget.DefaultPowLimit), Throws.TypeOf<ArgumentOutOfRangeException>());
    }
}
