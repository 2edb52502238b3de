using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Measures how far every tensor of a model is from the same tensor of another stage.</summary>
[Cmdlet(VerbsData.Compare, "IpuModel", SupportsShouldProcess = true)]
[OutputType(typeof(IpuTensorComparison))]
public sealed class CompareIpuModelCommand : SampleCmdlet
{
    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>The model to compare with, mostly the float one, or the path of its file.</summary>
    [Parameter(Mandatory = true, Position = 0)]
    [ModelTransformation]
    public IpuModel Reference { get; set; } = null!;

    /// <summary>What the framework itself computes, in place of the reference model: its .onnx file, which ONNX Runtime runs as it is, a folder with SAMPLE_TENSOR.npy or SAMPLE.npz files, an .npz file with an array for each tensor, or an .npy file of the only output.</summary>
    [Parameter]
    public string? ReferenceOutput { get; set; }

    /// <summary>A folder that every compared tensor of every sample is written to, as .npy arrays of real numbers.</summary>
    [Parameter]
    [Alias("dump_tensor")]
    public string? DumpTensor { get; set; }

    /// <summary>Replaces existing files of -DumpTensor.</summary>
    [Parameter]
    public SwitchParameter Force { get; set; }

    protected override void ProcessRecord()
    {
        IpuModel model = Model;
        if (!Try(model, () => SampleOptions(ReadConfig()), out SampleSourceOptions samples))
        {
            return;
        }

        string? given = ReferenceOutput is { } path ? FullPath(path) : null;
        string? folder = DumpTensor is { } dump && ShouldProcess(FullPath(dump), $"Write the tensors of {model}") ? FullPath(dump) : null;
        if (TryRun($"Comparing {model.Name}", model, (work, progress) => Compare(model, samples, given, folder, work, progress), out IReadOnlyList<IpuTensorComparison> rows))
        {
            foreach (IpuTensorComparison row in rows.Where(r => r.Warnings.Length > 0))
            {
                WriteWarning($"{row.Tensor}: {string.Join("; ", row.Warnings)}");
            }

            WriteObject(rows, enumerateCollection: true);
        }
    }

    private IReadOnlyList<IpuTensorComparison> Compare(IpuModel model, SampleSourceOptions samples, string? given, string? folder, PipelineWork work, IProgress<IpuProgress> progress)
    {
        using FileSampleSource forReference = OpenSamples(Reference, samples, work);
        using FileSampleSource forModel = OpenSamples(model, samples, work);
        return IpuEngine.Compare(Reference, model, forReference, forModel, folder is null ? null : Write, given, progress, work.Token);

        void Write(string sample, string tensor, Tensor expected, Tensor actual)
        {
            Directory.CreateDirectory(folder);
            string name = $"{Path.GetFileNameWithoutExtension(sample)}_{string.Join('_', tensor.Split(Path.GetInvalidFileNameChars()))}";
            AtomicFile.Write(Path.Combine(folder, $"{name}_{Reference.Stage.ToString().ToLowerInvariant()}.npy"), NpyFile.Write(expected), Force, work.Token);
            AtomicFile.Write(Path.Combine(folder, $"{name}_{model.Stage.ToString().ToLowerInvariant()}.npy"), NpyFile.Write(actual), Force, work.Token);
        }
    }
}
