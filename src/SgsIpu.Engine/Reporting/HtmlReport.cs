using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Text;

namespace SgsIpu.Engine.Reporting;

/// <summary>One HTML file about a model: what it holds, what it costs, where it loses, what calibration decided. Needs nothing else to be read.</summary>
public static class HtmlReport
{
    private const string Style = """
        body{font:14px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1c2430}
        h1{margin-bottom:0}h2{margin-top:2.2rem;border-bottom:1px solid #d5dbe3;padding-bottom:.2rem}
        table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.2rem .6rem;border-bottom:1px solid #eef1f5;vertical-align:top}
        td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}.bar{background:linear-gradient(90deg,#c8dcf5 var(--w),transparent var(--w))}
        .warn{color:#9a3b00}.note{color:#5b6675}
        """;

    /// <summary>The report as a page.</summary>
    /// <param name="rows">Of <c>Compare-IpuModel</c>; empty leaves the section out.</param>
    public static string Write(IpuModel model, IpuModelCost? cost, IReadOnlyList<IpuTensorComparison> rows)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(rows);
        IpuModelInfo info = IpuModelInfo.Of(model);
        var page = new StringBuilder();
        page.Append(CultureInfo.InvariantCulture, $"<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{Text(model.Name)}</title><style>{Style}</style>");
        page.Append(CultureInfo.InvariantCulture, $"<h1>{Text(model.Name)}</h1><p class=\"note\">{info.Stage} model for {Text(info.SocVersion)}, {info.Nodes} nodes, {info.Macs / 1e6:n1} million multiply-accumulates, {info.ConstantBytes:n0} bytes of constants</p>");
        Table(page, "Inputs and outputs", ["", "Name", "Type", "Shape", "Format"], [
            .. info.Inputs.Select(i => Row("input", i.Name, i.DataType, i.Shape.ToString(), i.InputFormat)),
            .. info.Outputs.Select(o => Row("output", o.Name, o.DataType, o.Shape.ToString(), "")),
        ]);
        if (cost is not null)
        {
            Cost(page, cost);
        }

        if (rows.Count > 0)
        {
            Errors(page, rows);
        }

        if (model.Report is { } report)
        {
            Decisions(page, report);
        }

        return page.Append("</html>\n").ToString();
    }

    private static void Cost(StringBuilder page, IpuModelCost cost)
    {
        page.Append(CultureInfo.InvariantCulture, $"<h2>Cost on {Text(cost.SocVersion)}</h2><p>{cost.Cycles:n0} cycles, {cost.Milliseconds:n2} ms, {cost.ImagesPerSecond:n0} images a second, {cost.DramBytes:n0} bytes of main memory traffic{(cost.Estimate ? ". <span class=\"warn\">The chip's figures are estimates, and so are these.</span>" : ".")}</p>");
        IpuCommandCost[] dearest = [.. cost.Commands.OrderByDescending(c => c.Cycles)];
        Table(page, null, ["Operator", "Output", "#Bits", "#MMACs", "#Cycles", "#Share", "#DRAM bytes"], [
            .. dearest.Select(c => Row(
                c.Operator, c.Output, Number(c.Bits), Number(c.Macs / 1e6, "n2"), Number(c.Cycles, "n0"), Number(c.Share * 100, "n1") + " %", Number(c.DramBytes, "n0"))),
        ], row => dearest[row].Share);
    }

    private static void Errors(StringBuilder page, IReadOnlyList<IpuTensorComparison> rows) => Table(
        page,
        "Where it loses",
        ["Tensor", "Operator", "#Bits", "#SQNR dB", "#Cosine", "#Largest error", "#Alone dB", "#MACs", "Warnings"],
        [
            .. rows.Select(r => Row(
                r.Tensor, r.Operator, Number(r.Bits), Number(r.Sqnr, "n1"), Number(r.Accumulated.Cosine, "n5"), Number(r.Accumulated.MaxError, "g4"),
                r.Isolated is null ? "" : Number(r.IsolatedSqnr, "n1"), Number(r.MacShare * 100, "n1") + " %", string.Join("; ", r.Warnings))),
        ]);

    private static void Decisions(StringBuilder page, CalibrationReport report)
    {
        if (!report.Decisions.IsEmpty)
        {
            Table(page, "What calibration decided", ["Decision"], [.. report.Decisions.Select(d => Row(d.ToString()))]);
        }

        if (!report.Given.IsEmpty)
        {
            Table(page, "What was asked", ["Outcome"], [.. report.Given.Select(g => Row(g.ToString()))]);
        }
    }

    /// <param name="headings">Those that begin with # are over numbers.</param>
    /// <param name="bar">Length of a bar behind a row's first cell, 0 to 1.</param>
    private static void Table(StringBuilder page, string? title, string[] headings, ImmutableArray<string[]> rows, Func<int, double>? bar = null)
    {
        if (title is not null)
        {
            page.Append(CultureInfo.InvariantCulture, $"<h2>{Text(title)}</h2>");
        }

        page.Append("<table><tr>");
        foreach (string heading in headings)
        {
            page.Append(CultureInfo.InvariantCulture, $"<th{(heading.StartsWith('#') ? " class=\"n\"" : "")}>{Text(heading.TrimStart('#'))}</th>");
        }

        page.Append("</tr>");
        for (int r = 0; r < rows.Length; r++)
        {
            page.Append("<tr>");
            for (int c = 0; c < rows[r].Length; c++)
            {
                string attributes = headings[c].StartsWith('#') ? " class=\"n\""
                    : c == 0 && bar is not null ? string.Create(CultureInfo.InvariantCulture, $" class=\"bar\" style=\"--w:{bar(r) * 100:0.0}%\"")
                    : "";
                page.Append(CultureInfo.InvariantCulture, $"<td{attributes}>{Text(rows[r][c])}</td>");
            }

            page.Append("</tr>");
        }

        page.Append("</table>");
    }

    private static string[] Row(params string[] cells) => cells;

    private static string Number(double value, string format = "0") => value.ToString(format, CultureInfo.InvariantCulture);

    private static string Text(string value) => WebUtility.HtmlEncode(value);
}
