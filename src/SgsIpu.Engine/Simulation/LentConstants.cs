using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;
using SgsIpu.Core;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Simulation;

/// <summary>
/// Large constants that ONNX Runtime reads where they are in place of copying them: it takes them for files beside the model that are in
/// memory already. Smaller ones are part of the model, in memory that ONNX Runtime aligns. The managed interface of ONNX Runtime does not offer this, so that its C interface is called.
/// </summary>
internal sealed unsafe class LentConstants : IDisposable
{
    /// <summary>The version of the C interface that brought <c>AddExternalInitializersFromFilesInMemory</c>, and its place in the table of functions, which never changes.</summary>
    private const uint ApiVersion = 18;

    private const int AddFilesInMemory = 279;
    private const int GetErrorMessage = 2;
    private const int ReleaseStatus = 93;

    private readonly string[] _names;
    private readonly ReadOnlyMemory<byte>[] _contents;
    private MemoryHandle[] _pinned = [];

    /// <param name="files">Contents of the files that stand for constants, by the names that the model has for them.</param>
    public LentConstants(IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files)
    {
        _names = [.. files.Keys];
        _contents = [.. files.Values];
    }

    /// <summary>All that is lent.</summary>
    public long Bytes => _contents.Sum(c => (long)c.Length);

    /// <summary>The large ones of some constants.</summary>
    /// <param name="files">Names of the files that stand for constants, by constant.</param>
    public static LentConstants Of(IReadOnlyDictionary<string, Tensor> constants, out IReadOnlyDictionary<string, string> files)
    {
        KeyValuePair<string, Tensor>[] large = [.. constants.Where(c => c.Value.Memory.Length >= OnnxEmitter.LargeBytes)];
        files = large.Select((c, i) => (c.Key, i)).ToDictionary(p => p.Key, p => Name(p.i), StringComparer.Ordinal);
        return new LentConstants(large.Select((c, i) => (c.Value.Memory, i)).ToDictionary(p => Name(p.i), p => p.Memory, StringComparer.Ordinal));

        static string Name(int position) => position.ToString(CultureInfo.InvariantCulture);
    }

    /// <summary>Lends the constants to the sessions that are made with some options; they must end before this does.</summary>
    public void Lend(SessionOptions options)
    {
        if (_names.Length == 0)
        {
            return;
        }

        options.AddSessionConfigEntry("session.use_external_initializer_file_buffers_directly", "1");
        nint* api = ((delegate* unmanaged<uint, nint*>)(*OrtGetApiBase()))(ApiVersion);
        _pinned = [.. _contents.Select(c => c.Pin())];
        nuint[] lengths = [.. _contents.Select(c => (nuint)c.Length)];
        nint[] names = [.. _names.Select(NativePath)];
        nint[] addresses = [.. _pinned.Select(p => (nint)p.Pointer)];
        try
        {
            fixed (nint* name = names, address = addresses)
            fixed (nuint* length = lengths)
            {
                var add = (delegate* unmanaged<nint, nint*, nint*, nuint*, nuint, nint>)api[AddFilesInMemory];
                Check(api, add(options.DangerousGetHandle(), name, address, length, (nuint)names.Length));
            }
        }
        finally
        {
            Array.ForEach(names, Marshal.FreeCoTaskMem);
        }
    }

    public void Dispose()
    {
        foreach (MemoryHandle pinned in _pinned)
        {
            pinned.Dispose();
        }
    }

    private void Check(nint* api, nint status)
    {
        if (status != 0)
        {
            string? message = Marshal.PtrToStringUTF8(((delegate* unmanaged<nint, nint>)api[GetErrorMessage])(status));
            ((delegate* unmanaged<nint, void>)api[ReleaseStatus])(status);
            Dispose();
            throw new IpuException("OnnxRuntimeRefused", $"ONNX Runtime does not take constants from memory: {message}", IpuErrorKind.NotSupported);
        }
    }

    /// <summary>ONNX Runtime's paths are of UTF-16 on Windows.</summary>
    private static nint NativePath(string path) => OperatingSystem.IsWindows() ? Marshal.StringToCoTaskMemUni(path) : Marshal.StringToCoTaskMemUTF8(path);

    [DllImport("onnxruntime")]
    private static extern nint* OrtGetApiBase();
}
