using SgsIpu.Help;

if (args is not [var pages, var target])
{
    Console.Error.WriteLine("usage: SgsIpu.Help <folder of pages> <file to write>");
    return 2;
}

try
{
    HelpPage[] all = [.. Directory.EnumerateFiles(pages, "*-*.md").Order(StringComparer.Ordinal).Select(f => HelpPage.Parse(f, File.ReadAllText(f)))];
    Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(target))!);
    Maml.Of(all).Save(target);
    return 0;
}
catch (FormatException e)
{
    Console.Error.WriteLine($"error : {e.Message}");
    return 1;
}
