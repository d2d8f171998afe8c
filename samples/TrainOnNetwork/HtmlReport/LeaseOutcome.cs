namespace TrainOnNetwork.HtmlReport;

/// <summary>How a lease of a unit ended.</summary>
internal enum LeaseOutcome
{
    /// <summary>The result became part of the training.</summary>
    Accepted,

    /// <summary>Auditors proved the result wrong.</summary>
    Convicted,

    /// <summary>The worker committed to a result and did not hand out its data.</summary>
    Withheld,

    /// <summary>The lease ran out without a result.</summary>
    Expired,
}
