using PoUW.Core.Validation;

namespace PoUW.Network.Requests;

/// <summary>Limits of requests and their answers.</summary>
public sealed record RequestOptions
{
    /// <summary>The longest request, sent or taken.</summary>
    public int MaxRequestBytes { get; init; } = 1024 * 1024;

    /// <summary>The longest response, sent or taken.</summary>
    public int MaxResponseBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes of a request that is too long that are read and thrown away to be able to say so; a longer one loses its stream unheard.</summary>
    public int MaxSkippedBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Own requests that one peer has not answered yet; further ones wait.</summary>
    public int MaxOutstanding { get; init; } = 64;

    /// <summary>
    /// Requests of one peer that are being served; further ones are answered with Refused. At least twice the peers'
    /// <see cref="MaxOutstanding"/>: a peer may read its answer and send the next request before the place is free here.
    /// </summary>
    public int MaxInbound { get; init; } = 128;

    /// <summary>How long a peer may take to send a request.</summary>
    public TimeSpan ReceiveTimeout { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>How long a peer may take to read an answer.</summary>
    public TimeSpan SendTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Checks that every limit makes sense.</summary>
    public ValidationResult Validate()
    {
        if (MaxRequestBytes is < 1 or > 1 << 30 || MaxResponseBytes is < 1 or > 1 << 30 || MaxSkippedBytes < 0)
        {
            return ValidationResult.Fail(ValidationCode.OutOfRange, nameof(RequestOptions), "Message sizes are 1 byte to 1 GiB.");
        }

        return MaxOutstanding < 1 || MaxInbound < 1 || ReceiveTimeout <= TimeSpan.Zero || SendTimeout <= TimeSpan.Zero
            ? ValidationResult.Fail(ValidationCode.OutOfRange, nameof(RequestOptions), "Every count and time is positive.")
            : ValidationResult.Ok;
    }
}
