using System.Diagnostics;
using System.Threading.Channels;

namespace PoUW.Benchmarks.Network;

/// <summary>A node in a process of its own, from outside: this program with a verb, which answers lines with lines.</summary>
internal sealed class NodeProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private NodeProcess(Process process)
    {
        _process = process;
        _process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { } text)
            {
                _lines.Writer.TryWrite(text);
            }
            else
            {
                _lines.Writer.TryComplete();
            }
        };
        _process.BeginOutputReadLine();
    }

    /// <summary>Where it listens.</summary>
    internal string Address { get; private set; } = "";

    /// <param name="verb">What the process is.</param>
    /// <param name="role">The word after it.</param>
    internal static async Task<NodeProcess> StartAsync(string verb, string role)
    {
        ProcessStartInfo start = new("dotnet", ["exec", typeof(NodeProcess).Assembly.Location, verb, role])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        NodeProcess node = new(Process.Start(start)!);
        node.Address = (await node.ExpectAsync("READY"))[1];
        return node;
    }

    internal void Tell(string command) => _process.StandardInput.WriteLine(command);

    internal async Task<string[]> AskAsync(string command, string answer)
    {
        Tell(command);
        return await ExpectAsync(answer);
    }

    /// <summary>The next line that begins with a word, in its words; lines before it are dropped.</summary>
    internal async Task<string[]> ExpectAsync(string word)
    {
        using CancellationTokenSource patience = new(Limit);
        await foreach (string line in _lines.Reader.ReadAllAsync(patience.Token))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is [var first, ..] && first == word)
            {
                return words;
            }
        }

        throw new InvalidOperationException($"A node ended before it said {word}.");
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Tell("QUIT");
            using CancellationTokenSource patience = new(TimeSpan.FromSeconds(20));
            try
            {
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                Console.Error.WriteLine("A node did not end when told to.");
                _process.Kill();
            }
        }

        _process.Dispose();
    }
}
