namespace Samples.Shared.HtmlReport;

/// <summary>Colours and layout of the page. The text must not hold the characters that XML encodes.</summary>
public static class PageStyle
{
    /// <summary>Background of the light page.</summary>
    public const string LightPage = "#fafbfc";

    /// <summary>Background of the dark page.</summary>
    public const string DarkPage = "#11151b";

    /// <summary>Colours of the workers. White text is readable on each, and each stands out from the light and the dark page.</summary>
    public static IReadOnlyList<string> WorkerColors { get; } =
        ["#2563d9", "#b4530a", "#0d7a6b", "#8f3fd1", "#bf2f6b", "#5d7115", "#0b7390", "#8a5a3c"];

    /// <summary>The style sheet.</summary>
    public const string Text = $$"""

        :root { color-scheme: light dark; --page: {{LightPage}}; --card: #ffffff; --text: #1a202c; --soft: #4f5b6b; --line: #d7dde5;
          --s1: #1d5fd1; --s2: #ad4700; --bad: #b91c1c; --link: #1650b8; }
        @media screen and (prefers-color-scheme: dark) {
          :root { --page: {{DarkPage}}; --card: #1a2029; --text: #e7ebf1; --soft: #a8b3c2; --line: #343e4c;
            --s1: #7fb2ff; --s2: #ffad66; --bad: #ff8a80; --link: #8ab8ff; }
        }
        * { box-sizing: border-box; }
        html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
        body { margin: 0; background: var(--page); color: var(--text); overflow-wrap: anywhere;
          font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        .page { max-width: 1120px; margin: 0 auto; padding: 24px 20px 48px; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 4px; }
        h2 { font-size: 1.25rem; margin: 40px 0 12px; padding-bottom: 6px; border-bottom: 1px solid var(--line); }
        h3 { font-size: 1rem; margin: 0 0 4px; color: var(--bad); }
        p { margin: 0 0 12px; }
        a { color: var(--link); }
        code { font: 0.85em/1.45 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; }
        pre { margin: 0; white-space: pre-wrap; font: 0.85em/1.45 ui-monospace, "Cascadia Mono", "DejaVu Sans Mono", monospace; }
        .soft, caption, figcaption, small, dt { color: var(--soft); }
        nav { margin: 16px 0 0; font-size: 0.9rem; }
        nav ul, .legend { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: 6px 18px; }
        .headline { display: flex; flex-wrap: wrap; gap: 12px 40px; margin: 20px 0 0; padding: 18px 20px; }
        .headline div { min-width: 0; flex: 0 1 auto; }
        .headline dd { margin: 0; }
        .headline .big { font-size: 2.4rem; line-height: 1.15; font-weight: 700; white-space: nowrap; }
        .headline .hash { flex: 1 1 300px; }
        .card, .headline, figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; }
        .facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 14px 24px; margin: 20px 0 0; }
        .facts dd, .card dd { margin: 0; }
        dt { font-size: 0.85rem; }
        .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 380px), 1fr)); gap: 16px; margin-bottom: 12px; }
        figure { margin: 0; padding: 12px 12px 8px; max-width: 640px; }
        figcaption { font-weight: 600; }
        svg { fill: var(--text); }
        svg text { font-family: inherit; }
        .chart { display: block; width: 100%; height: auto; font-size: 11.5px; }
        .chart text { fill: var(--soft); }
        .chart .name { fill: var(--text); }
        .chart .grid { stroke: var(--line); }
        .chart .axis { stroke: var(--soft); }
        .chart polyline { fill: none; stroke-width: 2; stroke-linejoin: round; }
        .s1 polyline { stroke: var(--s1); }
        .s2 polyline { stroke: var(--s2); stroke-dasharray: 5 3; }
        .s1 circle { fill: var(--s1); }
        .s2 circle { fill: var(--card); stroke: var(--s2); stroke-width: 1.75; }
        details { margin-top: 8px; }
        summary { cursor: pointer; padding: 6px 0; color: var(--link); }
        .patterns { position: absolute; }
        .hatch { stroke: #000; stroke-opacity: 0.45; stroke-width: 2; fill: none; }
        .legend { margin: 0 0 14px; }
        .legend li { display: flex; align-items: center; gap: 8px; min-width: 0; max-width: 100%; }
        .legend span { min-width: 0; }
        .swatch { flex: none; }
        .map { display: flex; flex-wrap: wrap; align-items: flex-start; gap: 10px 6px; }
        .round { max-width: 100%; flex: none; }
        .round .head { fill: var(--soft); font-size: 10.5px; }
        .cell text { font-size: 13px; font-weight: 700; fill: #fff; }
        .cell .small { font-size: 9px; }
        .cell .x { stroke: #fff; stroke-width: 2.5; stroke-linecap: round; }
        .convicted rect:first-of-type { stroke: var(--bad); stroke-width: 2.5; }
        .swatch .convicted rect { fill: #5b6472; }
        .withheld rect, .expired rect { fill: var(--card); stroke: var(--soft); stroke-width: 1.5; stroke-dasharray: 4 2.5; }
        .expired rect { stroke-dasharray: 1.5 2.5; }
        .withheld text, .expired text { fill: var(--text); }
        .dash { stroke: var(--text); stroke-width: 2; }
        table { border-collapse: collapse; width: 100%; font-size: 0.92rem; }
        caption { text-align: left; padding: 0 0 6px; }
        th, td { text-align: left; vertical-align: top; padding: 7px 10px; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
        thead th { color: var(--soft); font-weight: 600; }
        .scroll { overflow-x: auto; }
        .n { text-align: right; overflow-wrap: break-word; }
        .share { display: flex; align-items: center; gap: 10px; }
        .bar { flex: 1 1 60px; min-width: 60px; height: 12px; }
        .bar rect { fill: var(--s1); }
        .share span { flex: none; width: 5.2em; text-align: right; }
        .card { padding: 14px 18px; margin: 0 0 14px; border-left: 4px solid var(--bad); }
        .card dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 200px), 1fr)); gap: 10px 24px; margin: 0; }
        .card dl div:has(code) { grid-column: 1 / -1; }
        .lie { color: var(--bad); }
        .equation { display: flex; flex-wrap: wrap; gap: 4px 12px; font-size: 1.1rem; font-variant-numeric: tabular-nums; }
        footer { margin-top: 40px; font-size: 0.85rem; }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
        @media screen and (max-width: 720px) {
          .page { padding: 16px 14px 32px; }
          .chart { font-size: 13.5px; }
          table, caption, tbody, tr, th, td { display: block; }
          thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
          tbody tr { padding: 8px 0; border-bottom: 1px solid var(--line); }
          tbody th, td { border: 0; padding: 2px 0; text-align: left; }
          td { display: flex; gap: 16px; justify-content: space-between; }
          td::before { content: attr(data-label); color: var(--soft); flex: none; max-width: 50%; }
          tbody th.n::before { content: attr(data-label) " "; color: var(--soft); font-weight: 400; }
          td span { min-width: 0; text-align: right; overflow-wrap: anywhere; }
          td .share { flex: 1 1 auto; }
        }
        @page { margin: 14mm; }
        @media print {
          body { font-size: 11pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
          .page { max-width: none; padding: 0; }
          nav, details { display: none; }
          .scroll { overflow: visible; }
          .chart { font-size: 13.5px; }
          .pair { grid-template-columns: 1fr 1fr; }
          table { font-size: 9.5pt; }
          h2, caption { break-after: avoid; }
          .round, figure, .card, tr { break-inside: avoid; }
        }

        """;
}
