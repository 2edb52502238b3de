using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using System.Text.Json;
using SgsIpu.Core;

namespace SgsIpu.Engine.Preprocessing;

/// <summary>One python3 process that serves a preprocessing script.</summary>
internal sealed class PythonWorker : IDisposable
{
    private const long LargestAnswer = 0x7FFFFFC7;

    private static readonly Lazy<string> Script = new(static () =>
    {
        using Stream stream = typeof(PythonWorker).Assembly.GetManifestResourceStream("SgsIpu.Engine.Preprocessing.preprocess_worker.py")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    });

    private readonly Process _process;
    private readonly string _script;
    private readonly StringBuilder _printed = new();

    /// <exception cref="IpuException">Python cannot be started (id <c>PythonNotFound</c>).</exception>
    public PythonWorker(string python, string script)
    {
        _script = script;
        var start = new ProcessStartInfo(python)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            CreateNoWindow = true,
            ArgumentList = { "-c", Script.Value, script },
            Environment = { ["PYTHONIOENCODING"] = "utf-8", ["OPENBLAS_NUM_THREADS"] = "1", ["OMP_NUM_THREADS"] = "1" },
        };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new IpuException("PythonNotFound", $"'{python}' cannot be started to run '{script}': {e.Message}; name the interpreter with -PythonPath", IpuErrorKind.External, e) { Target = script };
        }

        // Nobody reads what a script prints, but a full pipe would stop it.
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_printed)
            {
                if (line.Data is { } text && _printed.Length < 8192)
                {
                    _printed.AppendLine(text);
                }
            }
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>One call of the script. A call that is cancelled or takes too long ends the process: dispose the worker then.</summary>
    /// <exception cref="IpuException">The script threw, ended or took too long (id <c>PreprocessFailed</c>, <c>PreprocessTimeout</c>).</exception>
    public Tensor Call(string path, bool norm, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            // Blocking reads that end with the process: callers may hold every thread of the pool, and none would be left to resume a task.
            using (limit.Token.Register(Kill))
            {
                return Exchange(path, norm);
            }
        }
        catch (Exception e) when (e is IOException or IpuException && limit.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new IpuException("PreprocessTimeout", $"'{_script}' took more than {timeout.TotalSeconds:0.#} s for '{path}'", IpuErrorKind.External) { Target = path };
        }
        catch (IOException)
        {
            throw Ended(path);
        }
        finally
        {
            HasEnded = limit.IsCancellationRequested;
        }
    }

    /// <summary>True where the last call ended the process.</summary>
    public bool HasEnded { get; private set; }

    public void Dispose()
    {
        Kill();
        _process.Dispose();
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }

    private Tensor Exchange(string path, bool norm)
    {
        byte[] request = [.. JsonSerializer.SerializeToUtf8Bytes(new { path, norm }), (byte)'\n'];
        Stream input = _process.StandardInput.BaseStream;
        input.Write(request);
        input.Flush();
        Stream output = _process.StandardOutput.BaseStream;
        byte[] head = Exactly(output, 9, path);
        long length = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(1));
        if (length is < 0 or > LargestAnswer)
        {
            throw Ended(path);
        }

        byte[] content = Exactly(output, (int)length, path);
        return head[0] == 'A'
            ? NpyFile.Read(content, $"result of {_script}")
            : throw new IpuException("PreprocessFailed", $"'{_script}' failed on '{path}': {Encoding.UTF8.GetString(content).Trim()}", IpuErrorKind.External) { Target = path };
    }

    private byte[] Exactly(Stream stream, int count, string path)
    {
        var bytes = new byte[count];
        return stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false) == count ? bytes : throw Ended(path);
    }

    private IpuException Ended(string path)
    {
        // What it printed last says why it ended; a process of its own may keep the pipe open.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            _process.WaitForExitAsync(limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            // Then the message holds what has arrived.
        }

        lock (_printed)
        {
            return new IpuException("PreprocessFailed", $"'{_script}' ended Python on '{path}': {_printed.ToString().Trim()}", IpuErrorKind.External) { Target = path };
        }
    }
}
