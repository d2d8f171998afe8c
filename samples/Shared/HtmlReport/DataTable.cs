using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace Samples.Shared.HtmlReport;

/// <summary>
/// A table with a caption. On a narrow screen each row becomes a block of "name value" lines; the roles are written out because that change of
/// layout would otherwise hide the table from screen readers.
/// </summary>
public sealed class DataTable
{
    private readonly string _caption;
    private readonly IReadOnlyList<Column> _columns;
    private readonly List<XElement> _rows = [];

    /// <param name="caption">What the table shows.</param>
    /// <param name="columns">The columns; the first one names the row.</param>
    public DataTable(string caption, IReadOnlyList<Column> columns) => (_caption, _columns) = (caption, columns);

    /// <summary>Adds a row; each cell is a text or an element, one for each column.</summary>
    public void Add(params object[] cells)
    {
        if (cells.Length != _columns.Count)
        {
            throw new ArgumentException($"A row of {cells.Length} cells does not fit {_columns.Count} columns.", nameof(cells));
        }

        _rows.Add(El("tr", At("role", "row"), cells.Select(Cell)));
    }

    /// <summary>The table, in a frame that scrolls where even its numbers do not fit.</summary>
    public XElement Build()
    {
        XElement head = El("thead", At("role", "rowgroup"), El("tr", At("role", "row"), _columns.Select(Heading)));
        XElement body = El("tbody", At("role", "rowgroup"), _rows.SelectMany(row => new object[] { "\n", row }));
        return El("div", At("class", "scroll"), El("table", At("role", "table"), El("caption", _caption), "\n", head, "\n", body, "\n"));
    }

    private XElement Heading(Column column) =>
        El("th", At("scope", "col"), At("role", "columnheader"), column.IsNumber ? At("class", "n") : null, column.Name);

    private XElement Cell(object content, int index)
    {
        Column column = _columns[index];
        XAttribute label = At("data-label", column.Name);
        return index == 0
            ? El("th", At("scope", "row"), At("role", "rowheader"), label, column.IsNumber ? At("class", "n") : null, content)
            : El("td", At("role", "cell"), label, column.IsNumber ? At("class", "n") : null, El("span", content));
    }
}
