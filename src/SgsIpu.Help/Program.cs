using SgsIpu.Help;
using SgsIpu.Ops;

if (args is not [var pages, var target, var topic])
{
    Console.Error.WriteLine("usage: SgsIpu.Help <folder of pages> <file to write> <topic of operators to write>");
    return 2;
}

try
{
    HelpPage[] all = [.. Directory.EnumerateFiles(pages, "*-*.md").Order(StringComparer.Ordinal).Select(f => HelpPage.Parse(f, File.ReadAllText(f)))];
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
    Maml.Of(all).Save(target);
    File.WriteAllText(topic, SupportTable.Text());
    return 0;
}
catch (FormatException e)
{
    Console.Error.WriteLine($"error : {e.Message}");
    return 1;
}
