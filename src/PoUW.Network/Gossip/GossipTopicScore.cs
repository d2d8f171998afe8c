using PoUW.Core.Validation;

namespace PoUW.Network.Gossip;

/// <summary>
/// How what a peer does on one topic counts (libp2p specification, gossipsub 1.1, "The Score Function", P1 to P4). Counters are multiplied with their
/// decay at each <see cref="GossipScoring.DecayInterval"/>; the defaults are for one second.
/// </summary>
public sealed record GossipTopicScore
{
    /// <summary>The weight of the topic among the topics.</summary>
    public double Weight { get; init; } = 1;

    /// <summary>P1: points for each <see cref="MeshTimeQuantum"/> in the mesh.</summary>
    public double MeshTimeWeight { get; init; } = 0.005;

    /// <summary>P1: the time that counts once.</summary>
    public TimeSpan MeshTimeQuantum { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>P1: the most quanta that count.</summary>
    public double MeshTimeCap { get; init; } = 600;

    /// <summary>P2: points for each valid message that the peer brought first.</summary>
    public double FirstDeliveryWeight { get; init; } = 1;

    /// <summary>P2: decay; half of it is left after 69 s.</summary>
    public double FirstDeliveryDecay { get; init; } = 0.99;

    /// <summary>P2: the most messages that count.</summary>
    public double FirstDeliveryCap { get; init; } = 50;

    /// <summary>
    /// P3: points (negative) for the square of what a mesh peer's deliveries lack to the threshold. Zero, off, by default: it needs a topic whose
    /// rate is known, or an honest peer is punished for a quiet network.
    /// </summary>
    public double MeshDeliveryWeight { get; init; }

    /// <summary>P3: decay.</summary>
    public double MeshDeliveryDecay { get; init; } = 0.97;

    /// <summary>P3: the most deliveries that count; not below the threshold.</summary>
    public double MeshDeliveryCap { get; init; } = 100;

    /// <summary>P3: deliveries that are enough.</summary>
    public double MeshDeliveryThreshold { get; init; } = 10;

    /// <summary>P3: how long a peer is in the mesh before it counts.</summary>
    public TimeSpan MeshDeliveryActivation { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>P3: how long after a message was found valid another copy of it still counts as a delivery.</summary>
    public TimeSpan MeshDeliveryWindow { get; init; } = TimeSpan.FromMilliseconds(10);

    /// <summary>P3b: points (negative) for the deficits with which the peer left the mesh.</summary>
    public double MeshFailureWeight { get; init; }

    /// <summary>P3b: decay.</summary>
    public double MeshFailureDecay { get; init; } = 0.97;

    /// <summary>P4: points (negative) for the square of the number of invalid messages.</summary>
    public double InvalidWeight { get; init; } = -20;

    /// <summary>P4: decay; a hundredth is left after ten minutes.</summary>
    public double InvalidDecay { get; init; } = 0.99235;

    /// <summary>Checks that every parameter makes sense.</summary>
    public ValidationResult Validate()
    {
        double[] decays = [FirstDeliveryDecay, MeshDeliveryDecay, MeshFailureDecay, InvalidDecay];
        double[] positive = [Weight, MeshTimeWeight, MeshTimeCap, FirstDeliveryWeight, FirstDeliveryCap, MeshDeliveryCap, MeshDeliveryThreshold];
        double[] negative = [MeshDeliveryWeight, MeshFailureWeight, InvalidWeight];
        if (!decays.All(static decay => decay is > 0 and < 1))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(GossipTopicScore), "A decay is above 0 and below 1.");
        }

        if (!positive.All(static value => value >= 0 && double.IsFinite(value))
            || !negative.All(static value => value <= 0 && double.IsFinite(value)))
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(GossipTopicScore), "Rewards are not negative, penalties not positive.");
        }

        return MeshTimeQuantum <= TimeSpan.Zero || MeshDeliveryActivation < TimeSpan.Zero || MeshDeliveryWindow < TimeSpan.Zero
            || MeshDeliveryCap < MeshDeliveryThreshold
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(GossipTopicScore), "No negative times; the cap is not below the threshold.")
            : ValidationResult.Ok;
    }
}
