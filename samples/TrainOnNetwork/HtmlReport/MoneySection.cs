using System.Xml.Linq;
using static Samples.Shared.HtmlReport.PageMarkup;

namespace TrainOnNetwork.HtmlReport;

/// <summary>Who was paid what, and how the supply adds up.</summary>
internal static class MoneySection
{
    /// <summary>The section of the payments.</summary>
    public static XElement BuildPayments(IReadOnlyList<PaymentRow> payments)
    {
        if (payments.Count == 0)
        {
            return PageSection.Build("payments", "Payments", El("p", "No account was paid."));
        }

        DataTable table = new("Payments by account, in coins", [Column.Text("Account"), Column.Text("Role"), Column.Number("Paid for units"),
            Column.Number("Audit fees"), Column.Number("Block rewards"), Column.Number("Slashed"), Column.Number("Balance")]);
        foreach (PaymentRow row in payments)
        {
            table.Add(row.Account, row.Role, row.Paid, row.AuditFees, row.BlockRewards, row.Slashed, row.Balance);
        }

        return PageSection.Build("payments", "Payments", table.Build());
    }

    /// <summary>The section of the supply.</summary>
    public static XElement? BuildSupply(SupplyEquation? supply)
    {
        if (supply is null)
        {
            return null;
        }

        XElement equation = El(
            "p", At("class", "equation"),
            Term("minted", supply.Minted), " − ", Term("burned", supply.Burned), " = ", Term("supply", supply.Supply));
        if (supply.Holdings.Count == 0)
        {
            return PageSection.Build("supply", "Supply", equation);
        }

        DataTable table = new("Where the supply is, in coins", [Column.Text("Holder"), Column.Number("Amount")]);
        foreach (ReportField holding in supply.Holdings)
        {
            table.Add(holding.Name, holding.Value);
        }

        table.Add(El("strong", "Supply"), El("strong", supply.Supply));
        return PageSection.Build("supply", "Supply", equation, table.Build());
    }

    private static XElement Term(string name, string amount) => El("span", El("small", name + " "), El("b", amount));
}
