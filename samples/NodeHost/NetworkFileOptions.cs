namespace NodeHost;

/// <summary>What the command line asks a network file for.</summary>
/// <param name="Out">The file to write.</param>
/// <param name="Name">The network's name.</param>
/// <param name="Validators">Validators with a stake.</param>
/// <param name="Workers">Workers with coins for their stake.</param>
/// <param name="BlockTimeMilliseconds">Mean time between blocks.</param>
internal sealed record NetworkFileOptions(FileInfo Out, string Name, int Validators, int Workers, int BlockTimeMilliseconds);
