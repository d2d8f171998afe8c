namespace PoUW.Core.Work;

/// <summary>
/// Hands the current template to the mining side. Called by compute threads at the start of every ticketed product, so it must be
/// cheap and thread-safe. The miner trusts its own node; a liar can only make it mine for nothing.
/// </summary>
public interface IWorkTemplateSource
{
    /// <summary>The template on the current head, or null while there is nothing to mine on.</summary>
    WorkTemplate? Current { get; }
}
