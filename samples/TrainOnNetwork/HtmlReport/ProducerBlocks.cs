namespace TrainOnNetwork.HtmlReport;

/// <summary>Number of blocks of one producer.</summary>
/// <param name="Producer">Name of the producer.</param>
/// <param name="Blocks">Its blocks in the final chain.</param>
internal sealed record ProducerBlocks(string Producer, int Blocks);
