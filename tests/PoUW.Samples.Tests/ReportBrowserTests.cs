using Microsoft.Playwright;
using TrainOnNetwork.HtmlReport;

namespace PoUW.Samples.Tests;

/// <summary>Opens the report in Debian's Chromium. Skipped where the browser or the driver that steers it is not installed.</summary>
[TestFixture]
public sealed class ReportBrowserTests
{
    private const string Chromium = "/usr/bin/chromium";
    private const int Phone = 390;
    private const int Tablet = 768;
    private const int Desktop = 1280;

    private static readonly string[] Arguments =
    [
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private string _folder = "";
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (!File.Exists(Chromium))
        {
            Assert.Ignore($"{Chromium} does not exist; install Debian's package 'chromium' to run the browser tests.");
        }

        try
        {
            _playwright = await Playwright.CreateAsync();
        }
        catch (PlaywrightException missing) when (missing.Message.Contains("Driver not found", StringComparison.OrdinalIgnoreCase))
        {
            Assert.Ignore($"The Playwright driver is not in the build output: {missing.Message}");
        }

        _folder = Directory.CreateTempSubdirectory("report-browser").FullName;
        _browser = await _playwright!.Chromium.LaunchAsync(new() { ExecutablePath = Chromium, Args = Arguments, Headless = true });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _playwright?.Dispose();
        if (_folder.Length > 0)
        {
            Directory.Delete(_folder, recursive: true);
        }
    }

    [TestCase("usual", Phone), TestCase("usual", Tablet), TestCase("usual", Desktop)]
    [TestCase("smallest", Phone), TestCase("smallest", Tablet), TestCase("smallest", Desktop)]
    [TestCase("empty", Phone), TestCase("empty", Tablet), TestCase("empty", Desktop)]
    [TestCase("large", Phone), TestCase("large", Tablet), TestCase("large", Desktop)]
    [TestCase("hostile", Phone), TestCase("hostile", Tablet), TestCase("hostile", Desktop)]
    public async Task PageLoadsNothingReportsNothingAndFits(string name, int width)
    {
        await using OpenPage page = await OpenAsync(name, width, ColorScheme.Light);

        Assert.That(page.Requests, Is.EqualTo(new[] { page.Address }));
        Assert.That(page.Complaints, Is.Empty);
        int needed = await page.Page.EvaluateAsync<int>("document.documentElement.scrollWidth");
        Assert.That(needed, Is.LessThanOrEqualTo(width), "the page is wider than the screen");
        string wide = await page.Page.EvaluateAsync<string>(
            "[...document.querySelectorAll('body *')]"
            + ".filter(e => e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('.hidden, thead, .scroll > *'))"
            + ".map(e => e.tagName + '.' + e.className).slice(0, 5).join(' ')");
        Assert.That(wide, Is.Empty, "elements reach beyond the screen");
        int scrolling = await page.Page.EvaluateAsync<int>(
            "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth).length");
        Assert.That(scrolling, width == Tablet && name == "hostile" ? Is.GreaterThan(0) : Is.Zero, "tables that scroll in their frame");
    }

    [TestCase(Phone), TestCase(Desktop)]
    public async Task ChartsTablesAndCellsAreVisible(int width)
    {
        await using OpenPage page = await OpenAsync("usual", width, ColorScheme.Light);

        Assert.That(await page.Page.TitleAsync(), Is.EqualTo(SampleReports.Usual().Title));
        await AllVisibleAsync(page.Page.Locator("svg.chart"), 2);
        await AllVisibleAsync(page.Page.Locator("svg.round"), 24);
        await AllVisibleAsync(page.Page.Locator("section > .scroll > table"), 4);
        await AllVisibleAsync(page.Page.Locator("article.card"), 1);
        await AllVisibleAsync(page.Page.GetByRole(AriaRole.Table, new() { Name = "Payments by account, in coins" }), 1);
        await AllVisibleAsync(page.Page.GetByRole(AriaRole.Img, new() { Name = "Training loss by training step." }), 1);
        int rows = await page.Page.GetByRole(AriaRole.Table, new() { Name = "Payments by account, in coins" }).GetByRole(AriaRole.Row).CountAsync();
        Assert.That(rows, Is.EqualTo(6), "a head and five accounts, also where the layout has changed");
    }

    [Test]
    public async Task ValuesOpenOnRequest()
    {
        await using OpenPage page = await OpenAsync("usual", Phone, ColorScheme.Light);
        ILocator table = page.Page.GetByRole(AriaRole.Table, new() { Name = "Learning curve by round" });
        Assert.That(await table.CountAsync(), Is.Zero);
        await page.Page.GetByText("All values as a table").ClickAsync();
        Assert.That(await table.IsVisibleAsync(), Is.True);
    }

    [TestCase(ColorScheme.Light), TestCase(ColorScheme.Dark)]
    public async Task TextsHaveContrast(ColorScheme scheme)
    {
        await using OpenPage page = await OpenAsync("usual", Desktop, scheme);
        (int R, int G, int B) body = await ColorAsync(page.Page.Locator("body"), "background-color");
        (int R, int G, int B) card = await ColorAsync(page.Page.Locator(".card"), "background-color");

        Assert.That(Contrast.Of(body, (255, 255, 255)), scheme == ColorScheme.Dark ? Is.GreaterThan(15) : Is.LessThan(1.2), "the background");
        Assert.That(Contrast.Of(body, await ColorAsync(page.Page.Locator("body"), "color")), Is.GreaterThanOrEqualTo(7));
        foreach (string place in (string[])["header .soft >> nth=0", "nav a >> nth=0", "caption >> nth=1", "thead th >> nth=5", "footer", "summary"])
        {
            Assert.That(Contrast.Of(body, await ColorAsync(page.Page.Locator(place), "color")), Is.GreaterThanOrEqualTo(Contrast.Text), place);
        }

        foreach (string place in (string[])[".card h3", ".card dt >> nth=0", ".card .lie", "figcaption >> nth=0"])
        {
            Assert.That(Contrast.Of(card, await ColorAsync(page.Page.Locator(place), "color")), Is.GreaterThanOrEqualTo(Contrast.Text), place);
        }

        Assert.That(
            Contrast.Of(card, await ColorAsync(page.Page.Locator(".chart text >> nth=0"), "fill")), Is.GreaterThanOrEqualTo(Contrast.Text), "ticks");
        foreach (string line in (string[])[".s1 polyline >> nth=0", ".s2 polyline >> nth=0"])
        {
            Assert.That(Contrast.Of(card, await ColorAsync(page.Page.Locator(line), "stroke")), Is.GreaterThanOrEqualTo(Contrast.Graphics), line);
        }
    }

    [Test]
    public async Task PrintIsLightEvenOnADarkScreen()
    {
        await using OpenPage page = await OpenAsync("usual", Desktop, ColorScheme.Dark);
        await page.Page.EmulateMediaAsync(new() { Media = Media.Print });
        (int R, int G, int B) body = await ColorAsync(page.Page.Locator("body"), "background-color");
        Assert.That(body, Is.EqualTo(Contrast.Hex(PageStyle.LightPage)));
        byte[] printed = await page.Page.PdfAsync(new() { Format = "A4" });
        Assert.That(printed.AsSpan(0, 5).ToArray(), Is.EqualTo("%PDF-"u8.ToArray()));
    }

    /// <summary>Also shows that the count of requests can find one: without the policy the same picture is asked for.</summary>
    [TestCase(true), TestCase(false)]
    public async Task PolicyStopsAPictureThatSomeoneAdds(bool withPolicy)
    {
        string page = HtmlReportWriter.Write(SampleReports.Smallest()).Replace(
            "</main>", "<img src=\"https://picture.invalid/a.png\" alt=\"\"/></main>", StringComparison.Ordinal);
        page = withPolicy ? page : page.Replace("Content-Security-Policy", "X-Nothing", StringComparison.Ordinal);
        await using OpenPage open = await OpenTextAsync(page, Desktop, ColorScheme.Light);

        Assert.That(open.Requests.Skip(1), withPolicy ? Is.Empty : Is.EqualTo(new[] { "https://picture.invalid/a.png" }));
        Assert.That(open.Complaints, Is.Not.Empty);
    }

    private static RunReport Report(string name) => name switch
    {
        "usual" => SampleReports.Usual(),
        "smallest" => SampleReports.Smallest(),
        "empty" => SampleReports.Empty(),
        "large" => SampleReports.Large(),
        "hostile" => SampleReports.Hostile(),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "There is no such report."),
    };

    private static async Task AllVisibleAsync(ILocator places, int count)
    {
        Assert.That(await places.CountAsync(), Is.EqualTo(count), places.ToString());
        foreach (ILocator place in await places.AllAsync())
        {
            Assert.That(await place.IsVisibleAsync(), Is.True, places.ToString());
        }
    }

    private static async Task<(int R, int G, int B)> ColorAsync(ILocator place, string property) =>
        Contrast.Rgb(await place.EvaluateAsync<string>("(element, name) => getComputedStyle(element).getPropertyValue(name)", property));

    private Task<OpenPage> OpenAsync(string name, int width, ColorScheme scheme) =>
        OpenTextAsync(HtmlReportWriter.Write(Report(name)), width, scheme);

    private async Task<OpenPage> OpenTextAsync(string text, int width, ColorScheme scheme)
    {
        string path = Path.Combine(_folder, $"{TestContext.CurrentContext.Test.ID}.html");
        await File.WriteAllTextAsync(path, text);
        IBrowserContext context = await _browser!.NewContextAsync(new()
        {
            ViewportSize = new() { Width = width, Height = 844 },
            ColorScheme = scheme,
            IsMobile = width == Phone,
            HasTouch = width == Phone,
        });
        OpenPage page = new(context, await context.NewPageAsync(), new Uri(path).AbsoluteUri);
        await page.GoAsync();
        return page;
    }
}
