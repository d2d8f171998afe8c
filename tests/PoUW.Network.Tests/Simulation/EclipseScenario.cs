using System.Net;
using PoUW.Core.Randomness;
using PoUW.Network.Hosting;
using PoUW.Network.Identity;
using PoUW.Network.Messaging;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Simulation;

/// <summary>
/// An attacker with many ids in few subnets connects to a node as soon as that listens, before it has looked for anybody, and again whenever a
/// place is free. The node must find honest peers, keep them, and come to the honest head.
/// </summary>
internal sealed class EclipseScenario(int nodes, int seed, SimulatedBlocks blocks, int ids) : SimulationScenario("eclipse", nodes, seed, blocks)
{
    private const int Subnets = 4;
    private const int HonestPeers = 4;
    private const double AttackSeconds = 20;

    private readonly List<NetworkNode> _attackers = [];
    private readonly List<IdentityKey> _keys = [];

    protected override async Task PlayAsync()
    {
        Multiaddr[] known = [.. Enumerable.Range(0, HonestPeers).Select(i => Network.Nodes[i * Count / HonestPeers].Address)];
        SimulatedNode victim = Network.Add(known);
        await victim.ListenAsync();
        for (int i = 0; i < ids; i++)
        {
            _attackers.Add(MakeAttacker(victim, i));
        }

        // Slower than the rates of a subnet, so that these do not save the node.
        int admitted = 0;
        foreach (NetworkNode attacker in _attackers)
        {
            admitted += (await attacker.ConnectAsync(victim.Address)).IsConnected ? 1 : 0;
            await Network.Delay(0.1);
        }

        Tell("ids of the attacker", ids);
        Tell("admitted at first", admitted);
        victim.Discover();
        double start = Network.World.Time.Now.TotalSeconds;
        for (int number = 0; Network.World.Time.Now.TotalSeconds - start < AttackSeconds; number++)
        {
            NetworkNode attacker = _attackers[number % ids];
            if (attacker.Peers.Count == 0)
            {
                await attacker.ConnectAsync(victim.Address);
            }

            await Network.Delay(0.1);
        }

        HashSet<PeerId> honest = [.. Network.Nodes.Select(static node => node.Node.Id)];
        Tell("peers of the node", victim.Node.Peers.Count);
        AtLeast("honest peers of the node", victim.Node.Peers.Count(peer => honest.Contains(peer.Id)), HonestPeers);
        Network.Nodes[0].Produce();
        await Network.Delay(5);
        AtLeast("the node has the honest head", victim.Chain.Head.Id == Network.Nodes[0].Chain.Head.Id ? 1 : 0, 1);
        await Task.WhenAll(_attackers.Select(static attacker => attacker.DisposeAsync().AsTask()));
        _keys.ForEach(static key => key.Dispose());
    }

    private NetworkNode MakeAttacker(SimulatedNode victim, int number)
    {
        string name = $"attacker-{number}";
        SeededRandomSource random = new((ulong)Network.Seed, name);
        IdentityKey key = IdentityKey.Generate(random);
        _keys.Add(key);
        IPAddress address = new([66, 6, (byte)(number % Subnets), (byte)(1 + (number / Subnets))]);
        NetworkNode node = new(
            Network.World.Trace.Watch(Network.Model.AddHost(name, address)), victim.Node.NetworkId, SimulatedNetwork.Options, Network.World.Time, Network.World, random,
            new OpenPeerAuthorizer(), new NullNetworkObserver(), key);
        Network.Place(name, number % SimulationRegions.Count);
        return node;
    }
}
