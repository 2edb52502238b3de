using System.Globalization;
using System.Xml.Linq;

namespace SgsIpu.Help;

/// <summary>The XML that Get-Help reads, in the schema of PowerShell's compiled commands.</summary>
internal static class Maml
{
    private static readonly XNamespace Command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace Text = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace Dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static XDocument Of(IEnumerable<HelpPage> pages) => new(
        new XElement(
            XName.Get("helpItems", "http://msh"),
            new XAttribute("schema", "maml"),
            pages.Select(Page)));

    private static XElement Page(HelpPage page)
    {
        string[] name = page.Command.Split('-');
        return new XElement(
            Command + "command",
            new XAttribute(XNamespace.Xmlns + "maml", Text),
            new XAttribute(XNamespace.Xmlns + "command", Command),
            new XAttribute(XNamespace.Xmlns + "dev", Dev),
            new XElement(
                Command + "details",
                new XElement(Command + "name", page.Command),
                new XElement(Command + "verb", name[0]),
                new XElement(Command + "noun", name[1]),
                Described(page.Synopsis)),
            Described(page.Description),
            new XElement(Command + "syntax", new XElement(Command + "syntaxItem", new XElement(Text + "name", page.Command), page.Parameters.Select(p => Parameter(p, inSyntax: true)))),
            new XElement(Command + "parameters", page.Parameters.Select(p => Parameter(p, inSyntax: false))),
            new XElement(Command + "inputTypes", new XElement(Command + "inputType", Typed(page.Inputs))),
            new XElement(Command + "returnValues", new XElement(Command + "returnValue", Typed(page.Outputs))),
            new XElement(Command + "examples", page.Examples.Select(Example)));
    }

    private static XElement Parameter(HelpParameter parameter, bool inSyntax)
    {
        bool isSwitch = parameter.Type == "SwitchParameter";
        var value = new XElement(Command + "parameterValue", new XAttribute("required", "true"), parameter.Type);
        return new XElement(
            Command + "parameter",
            new XAttribute("required", Lower(parameter.Mandatory)),
            new XAttribute("globbing", Lower(parameter.Wildcards)),
            new XAttribute("pipelineInput", parameter.Pipeline),
            new XAttribute("position", parameter.Position),
            new XAttribute("aliases", parameter.Aliases.Length > 0 ? parameter.Aliases : "none"),
            new XElement(Text + "name", parameter.Name),
            Described(parameter.Text),
            inSyntax && isSwitch ? null : value,
            Typed(parameter.Type));
    }

    private static XElement Example(HelpExample example, int index) => new(
        Command + "example",
        new XElement(Text + "title", string.Create(CultureInfo.InvariantCulture, $"Example {index + 1}: {example.Title}")),
        new XElement(Dev + "code", example.Code),
        new XElement(Dev + "remarks", new XElement(Text + "para", example.Remarks)));

    private static XElement Described(string text) =>
        new(Text + "description", text.Split("\n\n").Select(p => new XElement(Text + "para", p.ReplaceLineEndings(" "))));

    private static XElement Typed(string name) => new(Dev + "type", new XElement(Text + "name", name));

    private static string Lower(bool value) => value ? "true" : "false";
}
