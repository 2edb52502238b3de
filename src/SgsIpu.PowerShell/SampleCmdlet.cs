using System.Collections.Immutable;
using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell;

/// <summary>Commands that run a model over images.</summary>
public abstract class SampleCmdlet : IpuCmdlet
{
    /// <summary>Images, .npy arrays, folders of them, or list files with a line a sample.</summary>
    [Parameter(Position = 1)]
    [Alias("i")]
    public string[] Image { get; set => field = value ?? []; } = [];

    /// <summary>How a file becomes an input: a .py script with image_preprocess, a .yaml recipe, a hashtable, or a script block.</summary>
    [Parameter(Position = 2)]
    [Alias("n")]
    public object[] Preprocess { get; set => field = value ?? []; } = [];

    /// <summary>Replaces the model's own input_config.ini.</summary>
    [Parameter]
    [Alias("input_config")]
    public string? InputConfig { get; set; }

    /// <summary>Samples in flight at once.</summary>
    [Parameter]
    [Alias("num_process")]
    [ValidateRange(1, 1024)]
    public int NumProcess { get; set; } = 10;

    /// <summary>The Python interpreter for .py scripts.</summary>
    [Parameter]
    public string? PythonPath { get; set; }

    /// <summary>Longest time in seconds of one call of a script.</summary>
    [Parameter]
    [ValidateRange(1, 86400)]
    public int PreprocessTimeout { get; set; } = 120;

    /// <summary>The configuration that was named, or null.</summary>
    private protected InputConfig? ReadConfig() => InputConfig is { } path ? Engine.Configuration.InputConfig.Read(IpuPath.Existing(this, path)) : null;

    /// <summary>What the parameters say, resolved on the pipeline's thread.</summary>
    /// <exception cref="IpuException">No images are named (id <c>ImageMissing</c>).</exception>
    private protected SampleSourceOptions SampleOptions(InputConfig? config)
    {
        if (Image.Length == 0)
        {
            throw new IpuException("ImageMissing", "no images are named: give files, folders or list files as -Image", IpuErrorKind.InvalidArgument);
        }

        var options = new SampleSourceOptions([.. Image.SelectMany(i => IpuPath.Expand(this, i, literal: false))])
        {
            InputConfig = config,
            Timeout = TimeSpan.FromSeconds(PreprocessTimeout),
            Preprocess = [.. Preprocess.SelectMany(Forms)],
        };
        return PythonPath is { } python ? options with { PythonPath = python } : options;
    }

    /// <summary>Opens the samples; script blocks run where PowerShell allows it, on the pipeline's thread.</summary>
    private protected static FileSampleSource OpenSamples(IpuModel model, SampleSourceOptions options, PipelineWork work) =>
        SampleSources.Open(model, options with
        {
            Preprocess = [.. options.Preprocess.Select(f => f is ScriptBlock block ? Marshalled(block, work) : f)],
        });

    private static Func<string, bool, Tensor> Marshalled(ScriptBlock block, PipelineWork work) =>
        (path, norm) => ScriptArray.ToTensor(work.Ask(() => block.Invoke(path, norm)));

    /// <summary>The vendor separates several scripts with commas in one argument.</summary>
    private IEnumerable<object> Forms(object form)
    {
        object value = form is PSObject wrapped ? wrapped.BaseObject : form;
        return value is string text ? text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(FullPath) : [value];
    }
}
