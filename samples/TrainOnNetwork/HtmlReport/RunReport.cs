namespace TrainOnNetwork.HtmlReport;

/// <summary>Everything the page of one run shows. The caller reads it from its own chain; amounts come as text, already in coins.</summary>
internal sealed record RunReport
{
    /// <summary>Title of the page.</summary>
    public required string Title { get; init; }

    /// <summary>When the report was made; shown in UTC.</summary>
    public required DateTimeOffset Created { get; init; }

    /// <summary>Accuracy of the final weights on the test data, 0 to 1.</summary>
    public required double TestAccuracy { get; init; }

    /// <summary>What the accuracy was measured on, such as "8,841 of 10,000 images"; may be empty.</summary>
    public string TestNote { get; init; } = "";

    /// <summary>Hash of the final weights.</summary>
    public required string WeightsHash { get; init; }

    /// <summary>The most important facts, in the order of display.</summary>
    public IReadOnlyList<ReportField> Summary { get; init; } = [];

    /// <summary>The learning curve, in the order of the steps.</summary>
    public IReadOnlyList<CurvePoint> Curve { get; init; } = [];

    /// <summary>Every lease of every unit, in any order.</summary>
    public IReadOnlyList<UnitCell> Units { get; init; } = [];

    /// <summary>What each account got and lost.</summary>
    public IReadOnlyList<PaymentRow> Payments { get; init; } = [];

    /// <summary>Proven lies with their evidence.</summary>
    public IReadOnlyList<ConvictionRow> Convictions { get; init; } = [];

    /// <summary>Blocks by producer.</summary>
    public IReadOnlyList<ProducerBlocks> Blocks { get; init; } = [];

    /// <summary>Nodes that went down and came back.</summary>
    public IReadOnlyList<NodeRestart> Restarts { get; init; } = [];

    /// <summary>How the supply adds up; none is shown where this is null.</summary>
    public SupplyEquation? Supply { get; init; }
}
