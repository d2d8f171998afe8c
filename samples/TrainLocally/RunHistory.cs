using System.Text.Json;
using System.Text.Json.Serialization;
using Samples.Shared.HtmlReport;

namespace TrainLocally;

/// <summary>The curve of a run and the epoch that is under way. A checkpoint holds it, so a run that goes on shows all of it.</summary>
/// <param name="Points">Epochs that ended.</param>
/// <param name="Open">The epoch that is under way.</param>
internal sealed record RunHistory(IReadOnlyList<CurvePoint> Points, RunningMean Open)
{
    // A mean of nothing is NaN.
    private static readonly JsonSerializerOptions Format = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    public static RunHistory Empty { get; } = new([], default);

    public string ToJson() => JsonSerializer.Serialize(this, Format);

    /// <summary>Reads what <see cref="ToJson"/> wrote, or gives null.</summary>
    public static RunHistory? FromJson(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<RunHistory>(text, Format) is { Points: not null } history ? history : null;
        }
        catch (JsonException)
        {
            // A file of somebody else; the caller says so.
            return null;
        }
    }
}
