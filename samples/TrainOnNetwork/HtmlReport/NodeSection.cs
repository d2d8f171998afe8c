using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace TrainOnNetwork.HtmlReport;

/// <summary>Who made the blocks, and which nodes were restarted.</summary>
internal static class NodeSection
{
    /// <summary>The section of the blocks.</summary>
    public static XElement BuildBlocks(IReadOnlyList<ProducerBlocks> blocks)
    {
        long all = blocks.Sum(entry => (long)entry.Blocks);
        if (all == 0)
        {
            return PageSection.Build("blocks", "Blocks", El("p", "No block was made."));
        }

        DataTable table = new($"{Numbers.Whole(all)} blocks by producer", [Column.Text("Producer"), Column.Number("Blocks"), Column.Text("Share")]);
        int most = blocks.Max(entry => entry.Blocks);
        foreach (ProducerBlocks entry in blocks)
        {
            table.Add(entry.Producer, Numbers.Whole(entry.Blocks), Bar(entry.Blocks / (double)most, entry.Blocks / (double)all));
        }

        return PageSection.Build("blocks", "Blocks", table.Build());
    }

    /// <summary>The section of the restarts.</summary>
    public static XElement BuildRestarts(IReadOnlyList<NodeRestart> restarts)
    {
        if (restarts.Count == 0)
        {
            return PageSection.Build("restarts", "Restarts", El("p", "No node was restarted."));
        }

        DataTable table = new("Restarted nodes", [Column.Text("Node"), Column.Number("Down at height"), Column.Number("Up at height"),
            Column.Number("Blocks made without it")]);
        foreach (NodeRestart restart in restarts)
        {
            string missed = restart.HeightUp >= restart.HeightDown ? Numbers.Whole(restart.HeightUp - restart.HeightDown) : "–";
            table.Add(restart.Node, Numbers.Whole(restart.HeightDown), Numbers.Whole(restart.HeightUp), missed);
        }

        return PageSection.Build("restarts", "Restarts", table.Build());
    }

    private static XElement Bar(double length, double share) => El(
        "span",
        At("class", "share"),
        El(
            "svg", At("class", "bar"), At("viewBox", "0 0 100 10"), At("preserveAspectRatio", "none"), At("aria-hidden", "true"),
            El("rect", At("width", length * 100), At("height", 10))),
        El("span", Numbers.Percent(share)));
}
