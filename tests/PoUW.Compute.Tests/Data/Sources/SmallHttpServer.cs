using System.Net;
using System.Net.Sockets;
using System.Text;

namespace PoUW.Compute.Tests.Data.Sources;

/// <summary>Answers every request on the loopback with the bytes that a test says, and closes the connection.</summary>
internal sealed class SmallHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly Func<int, string, byte[]> _answer;
    private readonly Task _loop;

    /// <summary>Starts. The answer gets the number of the request, from 0, and its text, and gives the whole response.</summary>
    public SmallHttpServer(Func<int, string, byte[]> answer)
    {
        _answer = answer;
        _listener.Start();
        Address = new Uri($"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _loop = RunAsync();
    }

    public Uri Address { get; }

    public List<string> Requests { get; } = [];

    public static byte[] Response(string status, ReadOnlySpan<byte> body, string headers = "", int? length = null) =>
        [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status}\r\nContent-Length: {length ?? body.Length}\r\nConnection: close\r\n{headers}\r\n"), .. body];

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        try
        {
            while (true)
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync(_stop.Token);
                NetworkStream stream = client.GetStream();
                StringBuilder request = new();
                byte[] buffer = new byte[4096];
                while (!request.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
                {
                    int read = await stream.ReadAsync(buffer, _stop.Token);
                    if (read == 0)
                    {
                        break;
                    }

                    request.Append(Encoding.ASCII.GetString(buffer, 0, read));
                }

                Requests.Add(request.ToString());
                await stream.WriteAsync(_answer(Requests.Count - 1, request.ToString()), _stop.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
    }
}
