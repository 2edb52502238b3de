using System.Management.Automation.Host;

namespace SgsIpu.Shell;

/// <summary>The width that tables are fitted to; nothing else of a console is needed.</summary>
internal sealed class ShellRawUserInterface : PSHostRawUserInterface
{
    private const int WidthWithoutConsole = 120;

    public override Size BufferSize
    {
        get => new(Console.IsOutputRedirected || Console.WindowWidth < 20 ? WidthWithoutConsole : Console.WindowWidth, 300);
        set { }
    }

    public override Size WindowSize
    {
        get => BufferSize;
        set { }
    }

    public override ConsoleColor ForegroundColor { get; set; } = ConsoleColor.Gray;

    public override ConsoleColor BackgroundColor { get; set; } = ConsoleColor.Black;

    public override Coordinates CursorPosition { get; set; }

    public override int CursorSize { get; set; } = 25;

    public override Coordinates WindowPosition { get; set; }

    public override string WindowTitle { get; set; } = "sgsipu";

    public override Size MaxPhysicalWindowSize => BufferSize;

    public override Size MaxWindowSize => BufferSize;

    public override bool KeyAvailable => false;

    public override KeyInfo ReadKey(ReadKeyOptions options) => throw new NotSupportedException("this host reads lines, not keys");

    public override void FlushInputBuffer()
    {
    }

    public override BufferCell[,] GetBufferContents(Rectangle rectangle) => throw new NotSupportedException("this host has no screen buffer");

    public override void ScrollBufferContents(Rectangle source, Coordinates destination, Rectangle clip, BufferCell fill) =>
        throw new NotSupportedException("this host has no screen buffer");

    public override void SetBufferContents(Rectangle rectangle, BufferCell fill) => throw new NotSupportedException("this host has no screen buffer");

    public override void SetBufferContents(Coordinates origin, BufferCell[,] contents) => throw new NotSupportedException("this host has no screen buffer");
}
