using Microsoft.Playwright;

namespace PoUW.Samples.Tests;

/// <summary>A page in the browser with everything it asked for and complained about. Only the page's own file is let through.</summary>
internal sealed class OpenPage(IBrowserContext context, IPage page, string address) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly List<string> _requests = [];
    private readonly List<string> _complaints = [];

    public IPage Page { get; } = page;

    public string Address { get; } = address;

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_gate)
            {
                return [.. _requests];
            }
        }
    }

    public IReadOnlyList<string> Complaints
    {
        get
        {
            lock (_gate)
            {
                return [.. _complaints];
            }
        }
    }

    public async Task GoAsync()
    {
        Page.Console += (_, message) => Complain(message.Text);
        Page.PageError += (_, message) => Complain(message);
        await context.RouteAsync("**/*", HandleAsync);
        await Page.GotoAsync(Address, new() { WaitUntil = WaitUntilState.Load });
    }

    public async ValueTask DisposeAsync() => await context.CloseAsync();

    private async Task HandleAsync(IRoute route)
    {
        lock (_gate)
        {
            _requests.Add(route.Request.Url);
        }

        await (route.Request.Url == Address ? route.ContinueAsync() : route.AbortAsync());
    }

    private void Complain(string message)
    {
        lock (_gate)
        {
            _complaints.Add(message);
        }
    }
}
