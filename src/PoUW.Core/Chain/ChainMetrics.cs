using PoUW.Core.Notifications;
using PoUW.Core.Telemetry;
using PoUW.Core.Validation;

namespace PoUW.Core.Chain;

/// <summary>The chain's measurements under one node's name. Thread-safe; must not be called under the chain's lock, since listeners run inside.</summary>
internal sealed class ChainMetrics(string node)
{
    private readonly KeyValuePair<string, object?> _node = new(CoreMetrics.NodeTag, node);

    /// <summary>A block was looked at.</summary>
    internal void Imported(ValidationResult result, ChainChange? change, ChainNotifications notifications)
    {
        if (!result.IsValid && CoreMetrics.ChainRefused.Enabled)
        {
            CoreMetrics.ChainRefused.Add(1, _node, new KeyValuePair<string, object?>("code", result.Code.ToString()));
        }

        if (change is null)
        {
            return;
        }

        CoreMetrics.ChainAttached.Add(change.Attached.Count, _node);
        CoreMetrics.ChainHeight.Record((long)change.Head.Height, _node);
        CoreMetrics.ChainFinalized.Record((long)change.Head.FinalizedHeight, _node);
        if (change.Detached.Count > 0)
        {
            CoreMetrics.ChainDetached.Add(change.Detached.Count, _node);
        }

        if (CoreMetrics.SubscriberBehind.Enabled)
        {
            foreach (ChainSubscriberStatus subscriber in notifications.Subscribers)
            {
                CoreMetrics.SubscriberBehind.Record(
                    (long)subscriber.Behind, _node, new KeyValuePair<string, object?>("subscriber", subscriber.Name));
            }
        }
    }
}
