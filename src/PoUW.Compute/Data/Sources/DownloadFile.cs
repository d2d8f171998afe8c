namespace PoUW.Compute.Data.Sources;

/// <summary>One file to download, and how to know that it is the right one.</summary>
/// <param name="Name">Name of the file in the target folder; no path.</param>
/// <param name="Address">Where it is.</param>
/// <param name="Sha256">SHA-256, 64 hexadecimal digits.</param>
/// <param name="MaxBytes">The most bytes that are accepted, as they come over the line and unpacked alike.</param>
public sealed record DownloadFile(string Name, Uri Address, string Sha256, long MaxBytes)
{
    /// <summary>
    /// True if <see cref="Sha256"/> is that of the unpacked content of a gzip file: the same content is packed in different ways at
    /// different places.
    /// </summary>
    public bool HashesUnpacked { get; init; }
}
