using PoUW.Network.Identity;
using PoUW.Sdk.Peers;

namespace NodeHost;

/// <summary>Reads whom a node lets in.</summary>
internal static class AllowList
{
    private const long MaxFileBytes = 1024 * 1024;

    /// <summary>The rule. A list has one peer id a line; empty lines and those that begin with # are for people.</summary>
    /// <exception cref="SampleException">The file cannot be read, or a line is no peer id.</exception>
    public static PeerAdmission Read(AllowRule rule) => rule.Kind switch
    {
        AllowKind.List => PeerAdmission.List(ReadPeers(rule.File!)),
        AllowKind.Staked => PeerAdmission.Staked,
        _ => PeerAdmission.Open,
    };

    private static List<PeerId> ReadPeers(FileInfo file)
    {
        string[] lines;
        try
        {
            lines = file.Length <= MaxFileBytes ? File.ReadAllLines(file.FullName) : throw new SampleException($"--allow: '{file}' is longer than {MaxFileBytes} bytes.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"--allow: '{file}' cannot be read: {failure.Message}");
        }

        List<PeerId> peers = [];
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length > 0 && line[0] != '#')
            {
                peers.Add(PeerId.TryParse(line, out PeerId peer).IsValid ? peer : throw new SampleException($"--allow: line {i + 1} of '{file}' is '{line}', which is no peer id."));
            }
        }

        return peers;
    }
}
