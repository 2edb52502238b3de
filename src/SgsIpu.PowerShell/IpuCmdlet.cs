using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell;

/// <summary>
/// What every command shares: paths, work that leaves the pipeline's thread free to stop it, progress, and errors that name their cause.
/// </summary>
public abstract class IpuCmdlet : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Cancelled by Ctrl+C.</summary>
    protected CancellationToken StopToken => _stop.Token;

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>
    /// Runs <paramref name="work"/> for one item of the pipeline. A failure becomes one non-terminating error on <paramref name="target"/>
    /// and false, so that the next item is still processed. Write the result outside: a fault further down the pipeline is not this item's.
    /// </summary>
    private protected bool TryRun<T>(string activity, object? target, Func<PipelineWork, IProgress<IpuProgress>, T> work, out T result)
    {
        using var pump = new PipelineWork(StopToken);
        var progress = new ProgressPump(this, pump, activity);
        try
        {
            result = pump.Run(p => work(p, progress));
            return true;
        }
        catch (OperationCanceledException) when (StopToken.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (AggregateException e) when (e.InnerExceptions.All(IsExpected))
        {
            WriteError(Record(e.InnerExceptions[0], target));
        }
        catch (Exception e) when (IsExpected(e))
        {
            WriteError(Record(e, target));
        }
        finally
        {
            progress.Complete();
        }

        result = default!;
        return false;
    }

    /// <summary>Runs something short on the pipeline's own thread, with the same treatment of errors.</summary>
    private protected bool Try<T>(object? target, Func<T> work, out T result)
    {
        try
        {
            result = work();
            return true;
        }
        catch (Exception e) when (IsExpected(e))
        {
            WriteError(Record(e, target));
        }

        result = default!;
        return false;
    }

    /// <summary>The files that paths with wildcards stand for, in order. A path that names nothing becomes a non-terminating error.</summary>
    private protected IEnumerable<string> ResolveFiles(IEnumerable<string> paths, bool literal)
    {
        foreach (string path in paths)
        {
            if (Try(path, () => IpuPath.Expand(this, path, literal), out IReadOnlyList<string> files))
            {
                foreach (string file in files)
                {
                    yield return file;
                }
            }
        }
    }

    /// <summary>Whether <paramref name="file"/> may be written: asks -WhatIf and -Confirm, and refuses a read-only file unless forced.</summary>
    private protected bool MayWrite(string file, string action, bool force)
    {
        if (!ShouldProcess(file, action))
        {
            return false;
        }

        return Try(file, () => IpuPath.PrepareTarget(file, force), out _);
    }

    /// <summary>The current file-system path of something that may not exist yet.</summary>
    private protected string FullPath(string path) => IpuPath.Full(this, path);

    /// <summary>The file that -Path names: itself, or the default name in it where it is a folder or absent.</summary>
    private protected string TargetFile(string? path, string defaultName)
    {
        string full = FullPath(string.IsNullOrEmpty(path) ? "." : path);
        return Directory.Exists(full) ? Path.Combine(full, defaultName) : full;
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stop.Dispose();
        }
    }

    /// <summary>Failures of input and environment. Anything else is a defect and ends the pipeline with its stack.</summary>
    private static bool IsExpected(Exception e) => e is IpuException or IOException or UnauthorizedAccessException
        || (e is RuntimeException and not PipelineStoppedException);

    private static ErrorRecord Record(Exception e, object? target) => e switch
    {
        IpuException ipu => new ErrorRecord(ipu, ipu.ErrorId, Category(ipu.Kind), target ?? ipu.Target),
        UnauthorizedAccessException => new ErrorRecord(e, "AccessDenied", ErrorCategory.PermissionDenied, target),
        RuntimeException script => new ErrorRecord(script.ErrorRecord, e),
        _ => new ErrorRecord(e, "IoFailed", ErrorCategory.ResourceUnavailable, target),
    };

    private static ErrorCategory Category(IpuErrorKind kind) => kind switch
    {
        IpuErrorKind.InvalidFile => ErrorCategory.InvalidData,
        IpuErrorKind.InvalidArgument => ErrorCategory.InvalidArgument,
        IpuErrorKind.NotSupported => ErrorCategory.NotImplemented,
        IpuErrorKind.NotFound => ErrorCategory.ObjectNotFound,
        IpuErrorKind.IO => ErrorCategory.ResourceUnavailable,
        IpuErrorKind.External => ErrorCategory.InvalidResult,
        _ => ErrorCategory.InvalidOperation,
    };
}
