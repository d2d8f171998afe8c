namespace NodeHost;

/// <summary>Which peers a node lets in.</summary>
/// <param name="Kind">The rule.</param>
/// <param name="File">The file with the peers of <see cref="AllowKind.List"/>; null with another rule.</param>
internal sealed record AllowRule(AllowKind Kind, FileInfo? File);
