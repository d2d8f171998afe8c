using System.Net;
using System.Net.Sockets;
using PoUW.Network.Multiaddresses;

namespace PoUW.Network.Tests.Guards.Attackers;

/// <summary>Sockets that connect to a node and say what they want.</summary>
internal sealed class RawClients : IDisposable
{
    private readonly List<Socket> _sockets = [];
    private readonly IPEndPoint _target;
    private readonly Random _random;

    public RawClients(Multiaddr target, int seed)
    {
        target.TryGetTcp(out MultiaddrPart _, out int port);
        _target = new IPEndPoint(target.IpAddress!, port);
        _random = new Random(seed);
    }

    public int Count => _sockets.Count;

    /// <summary>Sockets that the node has not closed. Whatever it said is read and thrown away.</summary>
    public int CountOpen()
    {
        byte[] buffer = new byte[4096];
        return _sockets.Count(socket =>
        {
            try
            {
                while (socket.Poll(0, SelectMode.SelectRead))
                {
                    if (socket.Receive(buffer) == 0)
                    {
                        return false;
                    }
                }

                return true;
            }
            catch (SocketException)
            {
                return false;
            }
        });
    }

    /// <summary>Connects clients that begin a handshake, or not even that, and leave it there.</summary>
    public async Task OpenHalfAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] beginning = (i % 5) switch
            {
                0 => [],
                1 => [(byte)_random.Next(256)],
                2 => [19, .. "/multistream/1.0.0\n"u8],
                3 => [19, .. "/multistream/1.0.0\n"u8, 11, .. "/tls/1.0.0\n"u8],

                // And the first bytes of a TLS record of 512 bytes.
                _ => [19, .. "/multistream/1.0.0\n"u8, 11, .. "/tls/1.0.0\n"u8, 22, 3, 1, 2, 0, 1, 0],
            };
            await OpenAsync(beginning);
        }
    }

    /// <summary>Connects clients that send random bytes, some after a good beginning, some of which close at once or end their half.</summary>
    public async Task OpenGarbageAsync(int count)
    {
        for (int i = 0; i < count; i++)
        {
            byte[] garbage = new byte[_random.Next(1, 20_000)];
            _random.NextBytes(garbage);
            Socket? socket = await OpenAsync((i % 3) switch
            {
                0 => garbage,
                1 => [19, .. "/multistream/1.0.0\n"u8, .. garbage],
                _ => [19, .. "/multistream/1.0.0\n"u8, 11, .. "/tls/1.0.0\n"u8, .. garbage],
            });
            if (i % 4 == 1)
            {
                socket?.Dispose();
            }
            else if (i % 4 == 2)
            {
                TryShutdown(socket);
            }
        }
    }

    public void Dispose() => _sockets.ForEach(static socket => socket.Dispose());

    private static void TryShutdown(Socket? socket)
    {
        try
        {
            socket?.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The node has closed it already.
        }
    }

    private async Task<Socket?> OpenAsync(byte[] bytes)
    {
        Socket socket = new(_target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(_target);
            if (bytes.Length > 0)
            {
                await socket.SendAsync(bytes);
            }

            _sockets.Add(socket);
            return socket;
        }
        catch (SocketException)
        {
            // The node has closed it while we wrote.
            socket.Dispose();
            return null;
        }
    }
}
