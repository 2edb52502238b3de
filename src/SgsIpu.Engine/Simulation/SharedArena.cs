using Microsoft.ML.OnnxRuntime;

namespace SgsIpu.Engine.Simulation;

/// <summary>
/// While it is in use, sessions of ONNX Runtime take their memory from one arena, so that one runs in what another has left. Calibrating makes
/// dozens of sessions; each with an arena of its own would have the system hand out fresh pages, which takes longer than many a run.
/// </summary>
internal sealed class SharedArena : IDisposable
{
    private static readonly Lock Gate = new();
    private static int _users;
    private int _isOpen = 1;

    private SharedArena()
    {
    }

    /// <summary>Shares memory until this and all others that were given out are disposed of; then the system has it back, as sessions end.</summary>
    public static SharedArena Use()
    {
        lock (Gate)
        {
            if (_users++ == 0)
            {
                using OrtMemoryInfo memory = Memory();

                // No limit, and ONNX Runtime's own ways to grow.
                using var arena = new OrtArenaCfg(0, -1, -1, -1);
                OrtEnv.Instance().CreateAndRegisterAllocator(memory, arena);
            }
        }

        return new SharedArena();
    }

    /// <summary>Lets a session use the arena, if there is one.</summary>
    public static void Offer(SessionOptions options)
    {
        if (Volatile.Read(ref _users) > 0)
        {
            options.AddSessionConfigEntry("session.use_env_allocators", "1");
        }
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isOpen, 0) == 0)
        {
            return;
        }

        lock (Gate)
        {
            if (--_users == 0)
            {
                using OrtMemoryInfo memory = Memory();
                OrtEnv.Instance().UnregisterAllocator(memory);
            }
        }
    }

    private static OrtMemoryInfo Memory() => new("Cpu", OrtAllocatorType.ArenaAllocator, 0, OrtMemType.Default);
}
