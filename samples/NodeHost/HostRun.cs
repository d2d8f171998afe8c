using PoUW.Core.Cryptography;
using PoUW.Core.Headers;
using PoUW.Core.Parameters;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Transports;
using PoUW.Sdk.Nodes;
using PoUW.Sdk.Peers;
using PoUW.Training.Auditors;

namespace NodeHost;

/// <summary>One run of a node: opens its folder, starts it, tells that it is ready, and keeps it until the process is asked to end.</summary>
internal sealed class HostRun(HostOptions options, TextWriter output, TextWriter errors)
{
    // As long as a node that was killed needs to come back, so that its last state does not count as withheld.
    private const int FetchAttempts = 60;

    public async Task RunAsync(CancellationToken cancellation)
    {
        NetworkParameters parameters = await NetworkFile.ReadAsync(options.Network, cancellation);
        KeyPair key = await AccountKey.LoadAsync(options, cancellation);
        PeerAdmission admission = AllowList.Read(options.Allow);
        using DataFolder folder = DataFolder.Open(options.Data);
        using IdentityKey identity = IdentityFile.LoadOrCreate(folder.Folder);
        await using PouwNode node = await PouwNode.StartAsync(NodeOptions(folder, parameters, key) with { Identity = identity, Admission = admission }, cancellation);
        output.WriteLine($"READY {string.Join(' ', node.ListenAddresses)}".TrimEnd());
        output.Flush();

        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task status = new StatusLoop(node, options, parameters, output).RunAsync(either.Token);
        Task train = options.Train is { } epochs ? new TrainRun(node, options, epochs, output).RunAsync(either.Token) : Task.CompletedTask;
        try
        {
            if (await Task.WhenAny(status, train) == train)
            {
                // A job that failed ends the node; one that is done does not.
                await train;
            }

            await status;
        }
        finally
        {
            // Both use the node, so they have to end before it does; what failed is on its way to the caller.
            await either.CancelAsync();
            await Task.WhenAll(status, train).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private PouwNodeOptions NodeOptions(DataFolder folder, NetworkParameters parameters, KeyPair key) => new()
    {
        Parameters = parameters,
        Key = key,
        Name = options.Name,
        Roles = options.Roles,
        Store = folder.TakeStore(),
        Transport = new TcpTransport(),
        Listen = options.Listen,
        Bootstrap = options.Bootstrap,
        Network = new NetworkOptions { Host = new PoUW.Network.Hosting.HostOptions { Announce = options.Announce } },
        TicketTraining = options.Tickets,

        // Short blocks come in bursts, and one node may find all of them.
        Certificates = new CertificateBudgetOptions { PerSecondAndPeer = 20 },
        Auditor = new AuditorOptions { FetchAttempts = FetchAttempts },
        Observer = new ErrorLines(errors),
    };
}
