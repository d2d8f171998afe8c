using PoUW.Network.Multiaddresses;
using PoUW.Sdk.Nodes;

namespace NodeHost;

/// <summary>What the command line asks a node for.</summary>
/// <param name="Roles">What the node does besides validating blocks.</param>
/// <param name="Listen">Where it accepts connections.</param>
/// <param name="Announce">Where others can dial it, if not where it listens.</param>
/// <param name="Bootstrap">Nodes to connect to.</param>
/// <param name="Data">Folder of the store and the identity.</param>
/// <param name="Network">A file with the network's parameters, or the name of a preset.</param>
/// <param name="KeyFile">The encrypted key file of the account, or null.</param>
/// <param name="PasswordFile">A file with the password of the key file, or null.</param>
/// <param name="Seed">The text that a development key is made of, or null.</param>
/// <param name="Name">The node's name in its output.</param>
/// <param name="Allow">Which peers are let in.</param>
/// <param name="Tickets">True to draw tickets from training products.</param>
/// <param name="StatusSeconds">Seconds between two status lines; 0 for none.</param>
/// <param name="Train">Epochs of the main job that the client submits at the start; null for no job.</param>
/// <param name="UntilInputEnds">True to end when the standard input does, as it does when the process that started this one is gone.</param>
internal sealed record HostOptions(
    NodeRoles Roles, Multiaddr Listen, IReadOnlyList<Multiaddr> Announce, IReadOnlyList<Multiaddr> Bootstrap, DirectoryInfo Data, string Network, FileInfo? KeyFile,
    FileInfo? PasswordFile, string? Seed, string Name, AllowRule Allow, bool Tickets, int StatusSeconds, int? Train,
    bool UntilInputEnds);
