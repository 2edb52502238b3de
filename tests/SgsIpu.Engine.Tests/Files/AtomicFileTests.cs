using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.Files;

namespace SgsIpu.Engine.Tests.Files;

public sealed class AtomicFileTests : IDisposable
{
    private const int NoSpaceLeft = 28;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sgsipu");

    private string Target => Path.Combine(_folder.FullName, "model.sim");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void WritesAllBytesAndNothingBesides()
    {
        AtomicFile.Write(Target, "content"u8.ToArray(), overwrite: false);
        Assert.Equal("content", File.ReadAllText(Target));
        Assert.Equal([Target], Files());
    }

    [Fact]
    public void AnExistingFileStaysWithoutOverwrite()
    {
        File.WriteAllText(Target, "old");
        IpuException e = Assert.Throws<IpuException>(() => AtomicFile.Write(Target, "new"u8.ToArray(), overwrite: false));
        Assert.Equal("FileExists", e.ErrorId);
        Assert.Equal(Target, e.Target);
        Assert.Equal("old", File.ReadAllText(Target));
    }

    [Fact]
    public void OverwriteReplacesAShorterAndALongerFile()
    {
        foreach (string old in new[] { "o", new string('o', 5000) })
        {
            File.WriteAllText(Target, old);
            AtomicFile.Write(Target, "new"u8.ToArray(), overwrite: true);
            Assert.Equal("new", File.ReadAllText(Target));
        }
    }

    [Theory]
    [InlineData(NoSpaceLeft, "DiskFull")]
    [InlineData(5, "WriteFailed")]
    public void AFaultWhileWritingLeavesTheOldFileAndNoOther(int code, string errorId)
    {
        File.WriteAllText(Target, "old");
        IpuException e = Assert.Throws<IpuException>(() => AtomicFile.Write(
            Target,
            stream =>
            {
                stream.Write(Encoding.ASCII.GetBytes("half"));
                throw new IOException("fault", code);
            },
            overwrite: true));
        Assert.Equal(errorId, e.ErrorId);
        Assert.Equal("old", File.ReadAllText(Target));
        Assert.Equal([Target], Files());
    }

    [Fact]
    public void CancellationLeavesNoFile()
    {
        using var source = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(() => AtomicFile.Write(
            Target,
            stream =>
            {
                stream.WriteByte(1);
                source.Cancel();
            },
            overwrite: false,
            source.Token));
        Assert.Empty(Files());
    }

    [Fact]
    public void AMissingFolderIsNamed()
    {
        IpuException e = Assert.Throws<IpuException>(() => AtomicFile.Write(Path.Combine(_folder.FullName, "none", "a.img"), new byte[1], overwrite: false));
        Assert.Equal("FolderNotFound", e.ErrorId);
        Assert.Contains(Path.Combine(_folder.FullName, "none"), e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFolderIsNoTarget()
    {
        IpuException e = Assert.Throws<IpuException>(() => AtomicFile.Write(_folder.FullName, new byte[1], overwrite: true));
        Assert.Equal("FileNotWritable", e.ErrorId);
    }

    [Fact]
    public void AReadOnlyFileStaysEvenWithOverwrite()
    {
        File.WriteAllText(Target, "old");
        File.SetAttributes(Target, FileAttributes.ReadOnly);
        try
        {
            IpuException e = Assert.Throws<IpuException>(() => AtomicFile.Write(Target, new byte[1], overwrite: true));
            Assert.Equal("FileNotWritable", e.ErrorId);
            Assert.Equal("old", File.ReadAllText(Target));
        }
        finally
        {
            File.SetAttributes(Target, FileAttributes.Normal);
        }
    }

    private string[] Files() => Directory.GetFiles(_folder.FullName, "*", new EnumerationOptions { AttributesToSkip = FileAttributes.None });
}
