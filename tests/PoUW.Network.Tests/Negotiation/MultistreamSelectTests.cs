using System.Text;
using PoUW.Network.Negotiation;
using PoUW.Network.Streams;
using PoUW.Network.Tests.Support;

namespace PoUW.Network.Tests.Negotiation;

[TestFixture]
internal sealed class MultistreamSelectTests
{
    private const string Header = MultistreamSelect.ProtocolId;

    private static readonly MultistreamOptions Options = new();

    [TestCase("/a", "/a", "/a")]
    [TestCase("/a,/b,/c", "/c", "/c")]
    [TestCase("/a,/b,/c", "/c,/b", "/b")]
    [TestCase("/a,/b", "/c", null)]
    [TestCase("/a", "", null)]
    public async Task The_first_proposal_that_the_listener_speaks_is_agreed(string proposals, string supported, string? agreed)
    {
        foreach (int maxRead in (int[])[1, 3, int.MaxValue])
        {
            (TestDuplex dialer, TestDuplex listener) = DuplexPair.Create(maxRead: maxRead);
            Task<string?> listening = MultistreamSelect.ListenAsync(new(listener), Split(supported), Options, CancellationToken.None).AsTask();
            string? dialed = await MultistreamSelect.DialAsync(new(dialer), Split(proposals), Options, CancellationToken.None).InTime();
            await dialer.CloseWritingAsync();
            Assert.That((dialed, await listening.InTime()), Is.EqualTo((agreed, agreed)), $"{maxRead} bytes a read");
        }
    }

    [Test]
    public async Task A_proposal_that_is_spoken_costs_the_dialer_one_write()
    {
        (TestDuplex dialer, TestDuplex listener) = DuplexPair.Create();
        Task<string?> listening = MultistreamSelect.ListenAsync(new(listener), ["/a"], Options, CancellationToken.None).AsTask();
        await MultistreamSelect.DialAsync(new(dialer), ["/a"], Options, CancellationToken.None).InTime();
        await listening.InTime();
        Assert.That(dialer.Writes, Is.EqualTo(1));
    }

    [Test]
    public async Task What_follows_the_agreed_line_belongs_to_the_next_layer()
    {
        byte[] next = [1, 2, 3, 4, 5];
        BufferedDuplexStream listener = new(new ScriptedStream([.. MultistreamLine.Encode(Header, "/a"), .. next]));
        BufferedDuplexStream dialer = new(new ScriptedStream([.. MultistreamLine.Encode(Header, "/a"), .. next]));
        Assert.That(await MultistreamSelect.ListenAsync(listener, ["/a"], Options, CancellationToken.None), Is.EqualTo("/a"));
        Assert.That(await MultistreamSelect.DialAsync(dialer, ["/a"], Options, CancellationToken.None), Is.EqualTo("/a"));
        Assert.Multiple(() =>
        {
            Assert.That(listener.Buffered.ToArray(), Is.EqualTo(next));
            Assert.That(dialer.Buffered.ToArray(), Is.EqualTo(next));
        });
    }

    [Test]
    public async Task The_bytes_are_those_of_the_specification()
    {
        ScriptedStream below = new([.. Encoding.ASCII.GetBytes("\x13/multistream/1.0.0\n\x0b/ipfs/ping\n")]);
        await MultistreamSelect.ListenAsync(new(below), ["/ipfs/ping"], Options, CancellationToken.None);
        Assert.That(Encoding.ASCII.GetString(below.Written), Is.EqualTo("\x13/multistream/1.0.0\n\x0b/ipfs/ping\n"));
    }

    [Test]
    public async Task A_request_for_a_list_is_answered_within_the_limit_and_the_dialer_may_go_on()
    {
        ScriptedStream below = new(MultistreamLine.Encode(Header, "ls", "/b"));
        string[] supported = ["/a", "/b", "/" + new string('x', 2000)];
        Assert.That(await MultistreamSelect.ListenAsync(new(below), supported, Options, CancellationToken.None), Is.EqualTo("/b"));
        byte[] list = Encoding.ASCII.GetBytes("\x09\x03/a\n\x03/b\n\n");
        Assert.That(below.Written, Is.EqualTo((byte[])[.. MultistreamLine.Encode(Header), .. list, .. MultistreamLine.Encode("/b")]));
    }

    [Test]
    public async Task A_dialer_that_ends_between_lines_has_given_up()
    {
        foreach (byte[] script in (byte[][])[[], MultistreamLine.Encode(Header), MultistreamLine.Encode(Header, "/x", "na")])
        {
            Assert.That(await MultistreamSelect.ListenAsync(new(new ScriptedStream(script)), ["/a"], Options, CancellationToken.None), Is.Null);
        }
    }

    [Test]
    public void A_listener_refuses_what_is_no_negotiation()
    {
        byte[] header = MultistreamLine.Encode(Header);
        byte[][] scripts =
        [
            MultistreamLine.Encode("/multistream/2.0.0", "/a"),
            [.. header, 3, (byte)'/', (byte)'a'],
            [.. header, 2, (byte)'/', (byte)'a'],
            [.. header, 0],
            [.. header, 0x80, 0x00],
            [.. header, 3, 0xff, 0xfe, (byte)'\n'],
            [.. header, 0x81, 0x08, .. new byte[1024], (byte)'\n'],
            [.. header, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
            Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\n\r\n"),
            MultistreamLine.Encode([Header, .. Enumerable.Repeat("/x", 33)]),
        ];
        Assert.Multiple(() =>
        {
            foreach (byte[] script in scripts)
            {
                Assert.That(
                    async () => await MultistreamSelect.ListenAsync(new(new ScriptedStream(script)), ["/a"], Options, CancellationToken.None),
                    Throws.InstanceOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(NetworkError.ProtocolViolation),
                    Convert.ToHexString(script.AsSpan(0, Math.Min(40, script.Length))));
            }
        });
    }

    [Test]
    public void A_dialer_refuses_answers_that_it_did_not_ask_for()
    {
        (byte[] Script, NetworkError Error)[] cases =
        [
            ([], NetworkError.Closed),
            (MultistreamLine.Encode(Header), NetworkError.Closed),
            (MultistreamLine.Encode("/b"), NetworkError.ProtocolViolation),
            (MultistreamLine.Encode(Header, "/b"), NetworkError.ProtocolViolation),
            (MultistreamLine.Encode(Header, Header), NetworkError.ProtocolViolation),
            (MultistreamLine.Encode(Header, "ls"), NetworkError.ProtocolViolation),
            (MultistreamLine.Encode(Header, "/A"), NetworkError.ProtocolViolation),
            ([.. MultistreamLine.Encode(Header), 5], NetworkError.ProtocolViolation),
        ];
        Assert.Multiple(() =>
        {
            foreach ((byte[] script, NetworkError error) in cases)
            {
                Assert.That(
                    async () => await MultistreamSelect.DialAsync(new(new ScriptedStream(script)), ["/a"], Options, CancellationToken.None),
                    Throws.InstanceOf<NetworkException>().With.Property(nameof(NetworkException.Error)).EqualTo(error),
                    Convert.ToHexString(script));
            }
        });
    }

    [Test]
    public void The_number_of_proposals_is_bounded()
    {
        BufferedDuplexStream stream = new(new ScriptedStream([]));
        Assert.That(async () => await MultistreamSelect.DialAsync(stream, [], Options, CancellationToken.None), Throws.ArgumentException);
        Assert.That(
            async () => await MultistreamSelect.DialAsync(stream, new string[33], Options, CancellationToken.None), Throws.ArgumentException);
    }

    [Test]
    public async Task A_silent_peer_holds_a_negotiation_no_longer_than_its_token()
    {
        (TestDuplex dialer, TestDuplex listener) = DuplexPair.Create();
        using CancellationTokenSource deadline = new();
        Task<string?> listening = MultistreamSelect.ListenAsync(new(listener), ["/a"], Options, deadline.Token).AsTask();
        Task<string?> dialing = MultistreamSelect.DialAsync(new(new ScriptedStream([])), ["/a"], Options, deadline.Token).AsTask();
        Assert.That(async () => await dialing.InTime(), Throws.InstanceOf<NetworkException>());
        await deadline.CancelAsync();
        Assert.That(async () => await listening.InTime(), Throws.InstanceOf<OperationCanceledException>());
        await dialer.CloseAsync();
    }

    [Test]
    public void Mutated_lines_never_break_the_decoder()
    {
        Random mutations = new(1);
        byte[] valid = MultistreamLine.Encode(Header, "/meshsub/1.1.0", "na");
        for (int i = 0; i < 50_000; i++)
        {
            byte[] bytes = FrameMutation.Mutate(valid, mutations);
            int length = MultistreamLine.TryRead(bytes, 64, out string text);
            Assert.That(length, Is.InRange(-1, Math.Min(bytes.Length, 65)));
            Assert.That(length > 0 || text.Length == 0, Is.True);
        }
    }

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries);
}
