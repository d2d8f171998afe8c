using PoUW.Core.Validation;
using PoUW.Network.Guards;
using PoUW.Network.Identity;

namespace PoUW.Network.Gossip;

/// <summary>What becomes of the messages of peers: from the envelope over the verdict of the handler to the score of who sent them. Not thread-safe.</summary>
internal sealed class MessageReceiver(RouterState state, MessageSender sender)
{
    /// <summary>True if the envelope of the message keeps the rules, so that its id is worth deriving.</summary>
    public bool IsWanted(GossipMessage message) =>
        state.Topics.TryGetValue(message.Topic, out RouterTopic? topic)
        && message.Data.Length <= topic.Options.MaxMessageBytes
        && FitsPolicy(message);

    /// <summary>A peer sent a message.</summary>
    public void Take(RouterPeer peer, GossipMessage message)
    {
        state.Counters.MessagesReceived++;
        if (!(message.IsWithinBudget ?? state.Spend(peer, MessageKind.Gossip, 0, messages: 1)))
        {
            return;
        }

        if (!state.Topics.TryGetValue(message.Topic, out RouterTopic? topic))
        {
            state.Counters.Unsubscribed++;
            return;
        }

        GossipMessageId id = IsWanted(message) ? state.IdOf(message) : default;
        if (id.Bytes.Length is 0 || id.Bytes.Length > state.Options.Limits.MaxIdBytes)
        {
            state.Counters.InvalidEnvelopes++;
            state.Scores.Invalid(peer.Id, message.Topic);
            return;
        }

        state.Promises.Fulfil(id);
        if (state.Seen.TryGet(id, out SeenMessage? seen))
        {
            OnDuplicate(peer, seen);
        }
        else if (IsAuthentic(peer, message))
        {
            OnNew(peer, topic, id, message);
        }
    }

    /// <summary>The handler has judged a pending message.</summary>
    public void Judge(GossipMessageId id, GossipOutcome outcome)
    {
        if (!state.Seen.TryGet(id, out SeenMessage? seen) || seen.State != MessageState.Pending)
        {
            return;
        }

        GossipMessage message = seen.Message!;
        if (outcome.IsOfSender)
        {
            TryNextSender(seen, message);
            return;
        }

        seen.Message = null;
        switch (outcome.Verdict)
        {
            case GossipVerdict.Accept:
                Accept(seen, message);
                break;
            case GossipVerdict.Reject:
                seen.State = MessageState.Invalid;
                state.Counters.Rejected++;
                seen.Senders.ForEach(peer => state.Scores.Invalid(peer, seen.Topic));
                break;
            default:
                seen.State = MessageState.Ignored;
                state.Counters.Ignored++;
                break;
        }
    }

    /// <summary>The refusal was the sender's alone: the copy of the next one is judged, or of whoever comes later.</summary>
    private void TryNextSender(SeenMessage seen, GossipMessage message)
    {
        state.Counters.Ignored++;
        if (++seen.Judged < seen.Senders.Count)
        {
            state.Output.Pending.Add(new PendingMessage(seen.Senders[seen.Judged], seen.Id, message));
        }
        else
        {
            state.Seen.Remove(seen.Id);
        }
    }

    /// <summary>A pending message could not be given to its handler: it may come again.</summary>
    public void Drop(GossipMessageId id)
    {
        if (state.Seen.TryGet(id, out SeenMessage? seen) && seen.State == MessageState.Pending)
        {
            state.Seen.Remove(id);
            state.Counters.DroppedInbound++;
        }
    }

    private bool FitsPolicy(GossipMessage message) => state.Options.SignaturePolicy == GossipSignaturePolicy.StrictNoSign
        ? message is { Author: null, Sequence: null, Signature: null, Key: null }
        : message is { Author: not null, Sequence: not null, Signature: not null };

    private bool IsAuthentic(RouterPeer peer, GossipMessage message)
    {
        if (state.Options.SignaturePolicy == GossipSignaturePolicy.StrictNoSign)
        {
            return true;
        }

        if (!message.IsVerified)
        {
            state.Counters.InvalidEnvelopes++;
            state.Scores.Invalid(peer.Id, message.Topic);
            return false;
        }

        // An own message that is no longer in the cache of seen ones.
        return !state.Self.Bytes.SequenceEqual(message.Author);
    }

    private void OnDuplicate(RouterPeer peer, SeenMessage seen)
    {
        state.Counters.Duplicates++;
        bool isNewSender = seen.TryAddSender(peer.Id);
        switch (seen.State)
        {
            case MessageState.Invalid:
                state.Scores.Invalid(peer.Id, seen.Topic);
                break;
            case MessageState.Valid when isNewSender && state.Now - seen.ValidSince <= state.Scores.DeliveryWindowOf(seen.Topic):
                state.Scores.MeshDelivery(peer.Id, seen.Topic);
                break;
            default:
                break;
        }
    }

    private void OnNew(RouterPeer peer, RouterTopic topic, GossipMessageId id, GossipMessage message)
    {
        SeenMessage seen = state.Seen.Add(id, message.Topic, state.Now);
        seen.Message = message;
        seen.TryAddSender(peer.Id);
        state.Output.Pending.Add(new PendingMessage(peer.Id, id, message));
        if (message.Data.Length < state.Options.IDontWantBytes)
        {
            return;
        }

        foreach (PeerId other in topic.Mesh)
        {
            if (other != peer.Id && state.Peers[other].Version >= GossipVersion.V12)
            {
                state.Output.To(other).IDontWant.Add(id);
            }
        }
    }

    private void Accept(SeenMessage seen, GossipMessage message)
    {
        (seen.State, seen.ValidSince) = (MessageState.Valid, state.Now);
        state.Counters.Accepted++;
        state.Scores.FirstDelivery(seen.Senders[seen.Judged], seen.Topic);
        foreach (PeerId peer in seen.Senders.Skip(seen.Judged + 1))
        {
            state.Scores.MeshDelivery(peer, seen.Topic);
        }

        state.Cache.Add(seen.Id, message);
        sender.Forward(seen, message);
    }
}
