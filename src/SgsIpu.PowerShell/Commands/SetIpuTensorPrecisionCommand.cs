using System.Management.Automation;
using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.PowerShell.Commands;

/// <summary>Gives tensors 8 or 16 bits.</summary>
[Cmdlet(VerbsCommon.Set, "IpuTensorPrecision", DefaultParameterSetName = ByDetail)]
[OutputType(typeof(IpuModel))]
public sealed class SetIpuTensorPrecisionCommand : IpuCmdlet
{
    private const string ByDetail = "Detail";
    private const string ByName = "Name";

    private readonly List<(IpuModel Model, List<string> Tensors)> _asked = [];

    /// <summary>Rows of Get-IpuTensorDetail.</summary>
    [Parameter(Mandatory = true, ValueFromPipeline = true, ParameterSetName = ByDetail)]
    public TensorDetail[] InputObject { get; set; } = [];

    /// <summary>Models, or the paths of their files.</summary>
    [Parameter(Mandatory = true, ParameterSetName = ByName)]
    [Alias("m", "ModelFile", "model_file")]
    [ModelTransformation]
    public IpuModel Model { get; set; } = null!;

    /// <summary>Wildcards choose tensors by name.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = ByName)]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(TensorCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>8 or 16.</summary>
    [Parameter(Mandatory = true)]
    [ValidateSet("8", "16")]
    public int Bit { get; set; }

    protected override void ProcessRecord()
    {
        if (ParameterSetName == ByName)
        {
            foreach (string name in Name)
            {
                var pattern = WildcardPattern.Get(name, WildcardOptions.IgnoreCase);
                string[] found = [.. IpuEngine.TensorDetails(Model).Where(t => t.Name == name || pattern.IsMatch(t.Name)).Select(t => t.FloatTensor)];
                Ask(Model, found.Length > 0 ? found : [name]);
            }

            return;
        }

        foreach (TensorDetail detail in InputObject)
        {
            if (Try(detail, () => detail.Owner ?? throw new IpuException("DetailWithoutModel", $"tensor '{detail.Name}' does not say its model; pass on rows of Get-IpuTensorDetail", IpuErrorKind.InvalidArgument), out IpuModel model))
            {
                Ask(model, [detail.FloatTensor]);
            }
        }
    }

    protected override void EndProcessing()
    {
        foreach ((IpuModel model, List<string> tensors) in _asked)
        {
            GivenQuantization[] given = [.. tensors.Distinct(StringComparer.Ordinal).Select(t => new GivenQuantization(t) { Bit = Bit, Source = "Set-IpuTensorPrecision" })];
            if (TryRun($"Rounding {model.Name}", model, (work, progress) => IpuEngine.Ask(model, given, progress, work.Token), out IpuModel result))
            {
                GivenReport.Tell(this, result);
                WriteObject(result);
            }
        }
    }

    private void Ask(IpuModel model, IEnumerable<string> tensors)
    {
        int at = _asked.FindIndex(a => ReferenceEquals(a.Model, model));
        if (at < 0)
        {
            _asked.Add((model, [.. tensors]));
        }
        else
        {
            _asked[at].Tensors.AddRange(tensors);
        }
    }
}
