using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Preprocessing;

public sealed class ImageListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void AFolderIsReadInTheOrderOfItsNumbers()
    {
        foreach (string name in new[] { "b10.png", "b9.JPG", "b09.jpeg", "a.npy", "b100.bmp", "notes.md", "b1.webp", "b.png" })
        {
            _folder.Write(name, "");
        }

        _folder.Write("below/c.png", "");
        Assert.Equal(["a.npy", "b.png", "b1.webp", "b9.JPG", "b09.jpeg", "b10.png", "b100.bmp"], Names([_folder.Path], 1));
    }

    [Fact]
    public void AListNamesFilesRelativeToItself()
    {
        string absolute = _folder.Write("x.png", "");
        _folder.Write("sub/y.bin", "");
        string list = _folder.Write("sub/list.txt", $"\uFEFFy.bin\r\n\r\n  {absolute} \r\n../x.png");
        Assert.Equal(["y.bin", "x.png", "x.png"], Names([list], 1));
    }

    [Fact]
    public void ALineOfAListHasAFileForEachInput()
    {
        _folder.Write("a.png", "");
        _folder.Write("b.npy", "");
        string list = _folder.Write("list.txt", "a.png,b.npy\nb.npy , a.png,\n");
        Assert.Equal(["a.png|b.npy", "b.npy|a.png"], Names([list], 2));
        Assert.Equal("SampleInputCount", Fault([list], 1, "list.txt(1)"));
        Assert.Equal("SampleInputCount", Fault([Path.Combine(_folder.Path, "a.png")], 2, "a.png"));
    }

    [Fact]
    public void WhatIsMissingIsNamedWithItsLine()
    {
        string list = _folder.Write("list.txt", "list.txt\nnone.png\n");
        Assert.Equal("FileNotFound", Fault([list], 1, "list.txt(2)"));
        Assert.Equal("FileNotFound", Fault([Path.Combine(_folder.Path, "none.png")], 1, "none.png"));
        Assert.Equal("FileNotFound", Fault([Path.Combine(_folder.Path, "none.txt")], 1, "none.txt"));
    }

    [Fact]
    public void AFolderWithoutImagesIsNamed() => Assert.Equal("NoImages", Fault([_folder.Path], 1, _folder.Path));

    public void Dispose() => _folder.Dispose();

    private static string[] Names(string[] paths, int inputs) =>
        [.. ImageList.Expand(paths, inputs).Select(s => string.Join('|', s.Select(Path.GetFileName)))];

    private static string Fault(string[] paths, int inputs, string named)
    {
        IpuException e = Assert.Throws<IpuException>(() => ImageList.Expand(paths, inputs));
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
        return e.ErrorId;
    }
}
