using PoUW.Core.Primitives;
using PoUW.Core.Validation;
using PoUW.Network.Identify;
using PoUW.Network.Muxing;
using PoUW.Network.Streams;

namespace PoUW.Network.Hosting;

/// <summary>
/// Admits nodes of one network: on a stream that the dialer opens both sides say hello at once. Then the side with the smaller id answers with
/// a byte, a <see cref="CloseReason"/>, and the other one does the same; both 0 is an admission. A refusal also ends the connection.
/// </summary>
internal sealed class HelloAdmission(
    HostOptions options, HelloSetup setup, IdentifyService identify, PlaceArbiter arbiter, PeerPlaces places) : IAdmission
{
    /// <summary>The protocol.</summary>
    public const string ProtocolId = "/pouw/hello/1";

    public async ValueTask<AdmissionOutcome> AdmitAsync(HostConnection connection, CancellationToken cancellation)
    {
        Task identified = identify.AskAsync(connection, cancellation).AsTask();
        PeerStream? stream = null;
        try
        {
            stream = connection.IsInbound
                ? await connection.Hello
                : await StreamOpener.OpenAsync(connection, [ProtocolId], StreamPriority.Urgent, options, default, cancellation);
            return stream is null ? new AdmissionOutcome(CloseReason.Lost, true) : await TalkAsync(connection, stream, identified, cancellation);
        }
        finally
        {
            // A refusal must not leave the question about the identity behind unobserved.
            await ObserveAsync(identified);
            if (stream is not null)
            {
                await stream.CloseAsync();
            }
        }
    }

    /// <summary>Serves the protocol: the stream goes to the admission of its connection, and lives until that has ended.</summary>
    public static async Task ServeAsync(HostConnection connection, PeerStream stream)
    {
        if (!connection.IsInbound || !connection.TryGiveHello(stream))
        {
            connection.BeginClose(CloseReason.ProtocolViolation);
            return;
        }

        await connection.Admitted;
    }

    private static async ValueTask ObserveAsync(Task identified)
    {
        try
        {
            await identified;
        }
        catch (Exception failure) when (failure is NetworkException or OperationCanceledException)
        {
            // The admission has its outcome already, from hello or from this very failure.
            return;
        }
    }

    private static CloseReason ToReason(ValidationCode code) => code switch
    {
        ValidationCode.TooLarge => CloseReason.TooLarge,
        ValidationCode.WrongVersion => CloseReason.WrongVersion,
        _ => CloseReason.Malformed,
    };

    private async ValueTask<AdmissionOutcome> TalkAsync(
        HostConnection connection, PeerStream stream, Task identified, CancellationToken cancellation)
    {
        HelloMessage mine = new(HelloMessage.CurrentVersion, setup.NetworkId, options.Agent, setup.StakeBinding);
        await stream.WriteAsync(DelimitedMessages.Encode(mine.Encode()), cancellation);
        if (await DelimitedMessages.ReadAsync(stream, HelloMessage.MaxBytes, cancellation) is not { } encoded)
        {
            return new AdmissionOutcome(CloseReason.Lost, true);
        }

        ValidationResult decoded = HelloMessage.TryDecode(encoded, out HelloMessage? theirs);
        if (theirs is null)
        {
            return await RefuseAsync(stream, ToReason(decoded.Code), cancellation);
        }

        await identified;
        CloseReason refusal = await JudgeAsync(connection, theirs, cancellation);
        if (refusal != CloseReason.None)
        {
            return await RefuseAsync(stream, refusal, cancellation);
        }

        return arbiter.Decides(connection.Peer)
            ? await DecideAsync(connection, stream, cancellation)
            : await FollowAsync(connection, stream, cancellation);
    }

    private async ValueTask<CloseReason> JudgeAsync(HostConnection connection, HelloMessage theirs, CancellationToken cancellation)
    {
        if (theirs.NetworkId != setup.NetworkId)
        {
            return CloseReason.WrongNetwork;
        }

        if (!theirs.StakeBinding.IsEmpty)
        {
            ValidationResult bound = setup.VerifyBinding(theirs.StakeBinding, connection.Peer, out Address? account);
            if (!bound.IsValid)
            {
                return CloseReason.Unauthorized;
            }

            connection.Account = account;
        }

        PeerDescription peer = connection.Describe() with { Agent = theirs.Agent };
        ValidationResult admitted = await setup.Authorizer.AuthorizeAsync(peer, cancellation);
        return admitted.IsValid ? CloseReason.None : CloseReason.Unauthorized;
    }

    private async ValueTask<AdmissionOutcome> DecideAsync(HostConnection connection, PeerStream stream, CancellationToken cancellation)
    {
        CloseReason refusal = await arbiter.DecideAsync(connection, cancellation);
        if (refusal != CloseReason.None)
        {
            return await RefuseAsync(stream, refusal, cancellation);
        }

        bool isReady = false;
        try
        {
            await AnswerAsync(stream, CloseReason.None, cancellation);
            AdmissionOutcome outcome = await ReadAnswerAsync(stream, cancellation);
            isReady = outcome.Reason == CloseReason.None;
            return outcome;
        }
        finally
        {
            if (!isReady)
            {
                places.Release(connection.Peer);
            }
        }
    }

    private async ValueTask<AdmissionOutcome> FollowAsync(HostConnection connection, PeerStream stream, CancellationToken cancellation)
    {
        AdmissionOutcome decision = await ReadAnswerAsync(stream, cancellation);
        if (decision.Reason != CloseReason.None)
        {
            return decision;
        }

        CloseReason refusal = await arbiter.FollowAsync(connection, cancellation);
        if (refusal != CloseReason.None)
        {
            return await RefuseAsync(stream, refusal, cancellation);
        }

        bool isReady = false;
        try
        {
            await AnswerAsync(stream, CloseReason.None, cancellation);
            isReady = true;
            return new AdmissionOutcome(CloseReason.None);
        }
        finally
        {
            if (!isReady)
            {
                places.Release(connection.Peer);
            }
        }
    }

    private static async ValueTask<AdmissionOutcome> RefuseAsync(PeerStream stream, CloseReason reason, CancellationToken cancellation)
    {
        await AnswerAsync(stream, reason, cancellation);
        return new AdmissionOutcome(reason);
    }

    private static ValueTask AnswerAsync(PeerStream stream, CloseReason reason, CancellationToken cancellation) =>
        stream.WriteAsync(new[] { (byte)reason }, cancellation);

    private static async ValueTask<AdmissionOutcome> ReadAnswerAsync(PeerStream stream, CancellationToken cancellation)
    {
        byte[] answer = new byte[1];
        if (!await DelimitedMessages.TryFillAsync(stream, answer, cancellation))
        {
            return new AdmissionOutcome(CloseReason.Lost, true);
        }

        return answer[0] == (byte)CloseReason.None
            ? new AdmissionOutcome(CloseReason.None)
            : new AdmissionOutcome(CloseCodes.FromByte(answer[0]), true);
    }
}
