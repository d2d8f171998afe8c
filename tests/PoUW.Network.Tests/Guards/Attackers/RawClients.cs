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

    /// <summary>Sockets that were connected since the start.</summary>
    public int Opened { get; private set; }

    /// <summary>Forgets the sockets that the node has closed. Whatever it said is read and thrown away.</summary>
    /// <returns>Sockets that are still open.</returns>
    public int DropClosed()
    {
        byte[] buffer = new byte[4096];
        List<Socket> open = [.. _sockets.Where(socket => IsOpen(socket, buffer))];
        _sockets.Except(open).ToList().ForEach(static socket => socket.Dispose());
        _sockets.Clear();
        _sockets.AddRange(open);
        return open.Count;
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

    private static bool IsOpen(Socket socket, byte[] buffer)
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
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException)
        {
            // Reset by the node, or disposed by its own client.
            return false;
        }
    }

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
            Opened++;
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
