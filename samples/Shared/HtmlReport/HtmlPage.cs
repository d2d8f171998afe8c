using System.Xml.Linq;

namespace Samples.Shared.HtmlReport;

/// <summary>What the page of a run shows: headlines, the hash of the weights, facts, sections.</summary>
public sealed record HtmlPage
{
    /// <summary>Title of the page.</summary>
    public required string Title { get; init; }

    /// <summary>When the page was made; shown in UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>The figures that matter most.</summary>
    public required IReadOnlyList<Headline> Headlines { get; init; }

    /// <summary>What the hash is a hash of, such as "Hash of the weights".</summary>
    public required string HashName { get; init; }

    /// <summary>The hash.</summary>
    public required string Hash { get; init; }

    /// <summary>The most important facts, in the order of display.</summary>
    public IReadOnlyList<ReportField> Facts { get; init; } = [];

    /// <summary>The sections, as <see cref="PageSection"/> builds them.</summary>
    public required IReadOnlyList<XElement> Sections { get; init; }

    /// <summary>Last line of the page.</summary>
    public required string Footer { get; init; }
}
