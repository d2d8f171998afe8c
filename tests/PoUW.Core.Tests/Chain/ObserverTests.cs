using PoUW.Core.Blocks;
using PoUW.Core.Chain;
using PoUW.Core.Primitives;
using PoUW.Core.Storage;

namespace PoUW.Core.Tests.Chain;

/// <summary>Observers that fail, that come and go, and the decorator that checks the order of calls.</summary>
public sealed class ObserverTests
{
    private TestNet _net = null!;
    private BlockChain _chain = null!;
    private List<Block> _blocks = null!;
    private ChainRecorder _inner = null!;

    [SetUp]
    public void Open()
    {
        _net = new TestNet();
        _chain = _net.Open();
        _blocks = _net.Grow(_chain, 3);
        _inner = new ChainRecorder();
    }

    [TearDown]
    public void Close() => _net.Dispose();

    [Test]
    public void An_observer_that_throws_keeps_nobody_from_hearing_and_comes_out_of_the_import()
    {
        ChainRecorder faulty = new() { OnAttached = _ => throw new InvalidOperationException("faulty") };
        ChainRecorder after = new();
        _chain.Subscribe(faulty);
        _chain.Subscribe(after);
        Block next = _net.Next(_chain);

        AggregateException? thrown = Assert.Throws<AggregateException>(() => _chain.Import(next));
        Assert.That(thrown!.InnerExceptions.Single().Message, Is.EqualTo("faulty"));
        Assert.That(_chain.Head.Id, Is.EqualTo(next.Id), "the block is in");
        Assert.That(after.Heard, Is.EqualTo(new[] { "+4" }));
        Assert.Throws<AggregateException>(() => _chain.Import(_net.Next(_chain)));
        Assert.That(faulty.Heard, Is.EqualTo(new[] { "+4", "+5" }), "it goes on hearing");
        Assert.That(after.Heard, Is.EqualTo(new[] { "+4", "+5" }));
    }

    [Test]
    public void A_failure_goes_to_the_host_if_it_wants_it_and_the_import_returns()
    {
        List<string> failures = [];
        BlockChain chain = _net.Open(
            new InMemoryKeyValueStore(), options => options with { ObserverFailed = (_, failure) => failures.Add(failure.Message) });
        ChainRecorder faulty = new() { OnAttached = block => throw new InvalidOperationException($"at {block.Header.Height}") };
        ChainRecorder after = new();
        chain.Subscribe(faulty);
        chain.Subscribe(after);
        _net.Grow(chain, 2);

        Assert.That(failures, Is.EqualTo(new[] { "at 1", "at 2" }));
        Assert.That(after.Heard, Is.EqualTo(new[] { "+1", "+2" }));
    }

    [Test]
    public void Who_subscribes_or_leaves_in_a_call_hears_whole_changes_only()
    {
        ChainRecorder late = new();
        ChainRecorder leaving = new();
        ChainHead? start = null;
        ChainRecorder first = new();
        first.OnAttached = block =>
        {
            if (block.Header.Height == 4)
            {
                start = _chain.Subscribe(late);
                _chain.Unsubscribe(leaving);
            }
        };
        _chain.Subscribe(first);
        _chain.Subscribe(leaving);
        Block fourth = _net.Grow(_chain, 1)[0];
        _net.Grow(_chain, 1);

        Assert.That(start!.Id, Is.EqualTo(fourth.Id));
        Assert.That(late.Heard, Is.EqualTo(new[] { "+5" }), "not the change that it subscribed in");
        Assert.That(leaving.Heard, Is.Empty);
        Assert.That(first.Heard, Is.EqualTo(new[] { "+4", "+5" }));
    }

    [Test]
    public void A_right_sequence_passes()
    {
        ValidatingChainObserver validator = new(_inner, _chain.Genesis.Header);
        Attach(validator, 0, 1, 2);
        Detach(validator, 2);
        Assert.That(validator.IsInsideChange, Is.True);
        Block other = _net.Next(Branch(2), offsetMs: 3);
        validator.BlockAttached(other, []);

        Assert.That(validator.IsInsideChange, Is.False);
        Assert.That(validator.Tip, Is.EqualTo(other.Id));
        Assert.That(_inner.Heard, Is.EqualTo(new[] { "+1", "+2", "+3", "-3", "+3" }));
    }

    [Test]
    public void Each_broken_rule_is_named_and_the_call_is_not_passed_on()
    {
        Breaks("child of the tip", validator => Attach(validator, 1));
        Breaks("child of the tip", validator => Attach(validator, 0, 0));
        Breaks("child of the tip", validator => Attach(validator, 0, 1, 0));
        Breaks("is the tip", validator => Detach(validator, 0));
        Breaks("is the tip", validator =>
        {
            Attach(validator, 0, 1);
            Detach(validator, 0);
        });
        Breaks("genesis never leaves", validator => validator.BlockDetached(_chain.Genesis));
        Breaks("not the last that left", validator =>
        {
            Attach(validator, 0, 1);
            Detach(validator, 1);
            Attach(validator, 1);
        });
        Breaks("one higher", validator => validator.BlockAttached(_blocks[0] with { Header = _blocks[0].Header with { Height = 2 } }, []));
        Breaks("a receipt for each", validator => validator.BlockAttached(_blocks[0], [new Receipt(default, default, 1, Amount.Zero)]));
        Block paying = _net.Next(_net.Open(), [_net.Pay(_net.Alice, 0, 1)]);
        Breaks("receipts are those", validator => validator.BlockAttached(paying, [new Receipt(default, default, 1, Amount.Zero)]));
    }

    [Test]
    public void Without_a_start_the_first_call_sets_the_tip()
    {
        ValidatingChainObserver validator = new(_inner);
        Attach(validator, 1);
        Assert.That(() => Attach(validator, 1), Throws.InstanceOf<ChainException>());
        Attach(validator, 2);
        ValidatingChainObserver detaching = new(_inner);
        Detach(detaching, 2, 1);
        Assert.That(detaching.Tip, Is.EqualTo(_blocks[0].Id));
    }

    [Test]
    public void A_call_inside_a_call_is_found()
    {
        ValidatingChainObserver? validator = null;
        _inner.OnAttached = _ => Attach(validator!, 1);
        validator = new ValidatingChainObserver(_inner, _chain.Genesis.Header);

        Assert.That(() => Attach(validator, 0), Throws.InstanceOf<ChainException>().With.Message.Contains("one at a time"));
    }

    [Test]
    public void What_the_inner_observer_throws_comes_out_and_the_call_counts()
    {
        ValidatingChainObserver validator = new(_inner, _chain.Genesis.Header);
        _inner.OnAttached = _ => throw new InvalidOperationException("inner");
        Assert.That(() => Attach(validator, 0), Throws.InvalidOperationException);
        _inner.OnAttached = null;
        Attach(validator, 1);
        Assert.That(validator.Tip, Is.EqualTo(_blocks[1].Id));
    }

    private void Breaks(string rule, Action<ValidatingChainObserver> calls)
    {
        ChainRecorder inner = new();
        ValidatingChainObserver validator = new(inner, _chain.Genesis.Header);
        Assert.That(() => calls(validator), Throws.InstanceOf<ChainException>().With.Message.Contains(rule));
        Assert.That(inner.Heard, Has.Count.LessThanOrEqualTo(3));
    }

    private void Attach(ValidatingChainObserver validator, params int[] blocks)
    {
        foreach (int index in blocks)
        {
            validator.BlockAttached(_blocks[index], []);
        }
    }

    private void Detach(ValidatingChainObserver validator, params int[] blocks)
    {
        foreach (int index in blocks)
        {
            validator.BlockDetached(_blocks[index]);
        }
    }

    private BlockChain Branch(int blocks)
    {
        BlockChain chain = _net.Open();
        foreach (Block block in _blocks[..blocks])
        {
            Assert.That(chain.Import(block).IsValid, Is.True);
        }

        return chain;
    }
}
