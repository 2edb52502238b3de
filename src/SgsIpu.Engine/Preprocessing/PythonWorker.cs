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
    private const long LargestAnswer = int.MaxValue;

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

    /// <summary>One call of the script.</summary>
    /// <exception cref="IpuException">The script threw, ended or took too long (id <c>PreprocessFailed</c>, <c>PreprocessTimeout</c>).</exception>
    public Tensor Call(string path, bool norm, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(timeout);
        try
        {
            return CallAsync(path, norm, limit.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new IpuException("PreprocessTimeout", $"'{_script}' took more than {timeout.TotalSeconds:0.#} s for '{path}'", IpuErrorKind.External) { Target = path };
        }
        catch (IOException)
        {
            throw Ended(path);
        }
    }

    public void Dispose()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }

        _process.Dispose();
    }

    private async Task<Tensor> CallAsync(string path, bool norm, CancellationToken cancellationToken)
    {
        byte[] request = JsonSerializer.SerializeToUtf8Bytes(new { path, norm });
        Stream input = _process.StandardInput.BaseStream;
        await input.WriteAsync(request.Append((byte)'\n').ToArray(), cancellationToken).ConfigureAwait(false);
        await input.FlushAsync(cancellationToken).ConfigureAwait(false);
        Stream output = _process.StandardOutput.BaseStream;
        byte[] head = await Exactly(output, 9, path, cancellationToken).ConfigureAwait(false);
        long length = BinaryPrimitives.ReadInt64LittleEndian(head.AsSpan(1));
        if (length is < 0 or > LargestAnswer)
        {
            throw Ended(path);
        }

        byte[] content = await Exactly(output, (int)length, path, cancellationToken).ConfigureAwait(false);
        return head[0] == 'A'
            ? NpyFile.Read(content, $"result of {_script}")
            : throw new IpuException("PreprocessFailed", $"'{_script}' failed on '{path}': {Encoding.UTF8.GetString(content).Trim()}", IpuErrorKind.External) { Target = path };
    }

    private async Task<byte[]> Exactly(Stream stream, int count, string path, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        int read = await stream.ReadAtLeastAsync(bytes, count, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
        return read == count ? bytes : throw Ended(path);
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
