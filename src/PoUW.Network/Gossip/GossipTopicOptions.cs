using PoUW.Core.Validation;

namespace PoUW.Network.Gossip;

/// <summary>Rules of one topic. All nodes of a network should use the same limit.</summary>
public sealed record GossipTopicOptions
{
    /// <summary>The longest payload; a longer message is invalid. Large content is announced by its hash and fetched.</summary>
    public int MaxMessageBytes { get; init; } = 64 * 1024;

    /// <summary>
    /// Messages of one peer that the handler may have at the same time; they are begun in order of arrival. More than one where a verdict may have to
    /// wait for something that a later message brings, such as a block for its parent.
    /// </summary>
    public int HandledAtOnce { get; init; } = 1;

    /// <summary>
    /// Bytes of one peer's messages that wait for the handler or are with it; a single message is always taken. Null for
    /// <see cref="GossipLimits.InboxBytes"/>.
    /// </summary>
    public int? InboxBytes { get; init; }

    /// <summary>How peers are scored on the topic.</summary>
    public GossipTopicScore Score { get; init; } = new();

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        if (MaxMessageBytes is < 1 or > 32 * 1024 * 1024)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(MaxMessageBytes), "A message has 1 byte to 32 MiB.");
        }

        return HandledAtOnce < 1 || InboxBytes < 1
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(HandledAtOnce), "At least one message, and one byte.")
            : Score.Validate();
    }
}
