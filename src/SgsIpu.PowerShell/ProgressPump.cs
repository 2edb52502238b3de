using System.Diagnostics;
using System.Management.Automation;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell;

/// <summary>Turns the engine's progress, reported by any thread, into progress records: few, with percent and time left, none for short work.</summary>
internal sealed class ProgressPump(Cmdlet cmdlet, PipelineWork work, string activity) : IProgress<IpuProgress>
{
    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(700);
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly Lock _gate = new();
    private readonly int _id = Random.Shared.Next(1, int.MaxValue);
    private string? _phase;
    private long _phaseStart;
    private TimeSpan _shown;
    private bool _visible;

    public void Report(IpuProgress value)
    {
        lock (_gate)
        {
            TimeSpan now = Stopwatch.GetElapsedTime(_start);
            if (value.Phase != _phase)
            {
                _phase = value.Phase;
                _phaseStart = Stopwatch.GetTimestamp();
            }
            else if (now - _shown < Interval)
            {
                return;
            }

            if (now < Quiet)
            {
                return;
            }

            _shown = now;
        }

        ProgressRecord record = RecordOf(value);
        work.Offer(() => Show(record));
    }

    /// <summary>Takes the bar away; called on the pipeline's thread.</summary>
    public void Complete()
    {
        if (_visible)
        {
            cmdlet.WriteProgress(new ProgressRecord(_id, activity, "done") { RecordType = ProgressRecordType.Completed });
        }
    }

    private void Show(ProgressRecord record)
    {
        _visible = true;
        cmdlet.WriteProgress(record);
    }

    private ProgressRecord RecordOf(IpuProgress value)
    {
        string status = value.Total > 0 ? $"{value.Phase} {value.Done}/{value.Total}" : value.Phase;
        var record = new ProgressRecord(_id, activity, status);
        if (value.Total > 0)
        {
            record.PercentComplete = Math.Clamp((int)(100L * value.Done / value.Total), 0, 100);
            if (value.Done > 0)
            {
                double left = Stopwatch.GetElapsedTime(_phaseStart).TotalSeconds / value.Done * (value.Total - value.Done);
                record.SecondsRemaining = (int)Math.Min(Math.Ceiling(left), int.MaxValue);
            }
        }

        return record;
    }
}
