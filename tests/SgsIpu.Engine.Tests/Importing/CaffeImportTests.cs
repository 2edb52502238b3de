using System.Collections.Immutable;
using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Tests.Preprocessing;
using SgsIpu.Frontends.Tests.Caffe;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>What is said of Caffe networks that are incomplete, wrong or more than is supported.</summary>
public sealed class CaffeImportTests : IDisposable
{
    private const string Net = """
        input: "x" input_dim: 1 input_dim: 3 input_dim: 6 input_dim: 8
        layer { name: "conv" type: "Convolution" bottom: "x" top: "y" convolution_param { num_output: 2 kernel_size: 3 bias_term: false } }
        """;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void AMissingCaffemodelIsAskedFor()
    {
        var e = Assert.Throws<IpuException>(() => Import(Net, null));
        Assert.Equal("CaffeWeightsMissing", e.ErrorId);
        Assert.Contains("'conv'", e.Message, StringComparison.Ordinal);
        Assert.Contains("-WeightFile", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheCaffemodelBesideThePrototxtIsTaken()
    {
        string path = _folder.Write("a.prototxt", Net);
        _folder.Write("a.caffemodel", CaffeModelBytes.Of([("conv", [2, 3, 3, 3], new float[54])]));
        Assert.Equal(new Shape(1, 4, 6, 2), IpuEngine.Import(new ImportOptions(path)).Outputs[0].Shape);
    }

    [Fact]
    public void ACaffemodelOfAnotherNetworkIsRecognized()
    {
        var missing = Assert.Throws<IpuException>(() => Import(Net, CaffeModelBytes.Of([("other", [2, 3, 3, 3], new float[54])])));
        Assert.Equal("CaffeWeightsMissing", missing.ErrorId);
        Assert.Contains("no layer of this name", missing.Message, StringComparison.Ordinal);
        var wrong = Assert.Throws<IpuException>(() => Import(Net, CaffeModelBytes.Of([("conv", [2, 4, 3, 3], new float[72])])));
        Assert.Equal("CaffeWeightShape", wrong.ErrorId);
        Assert.Contains("[2, 4, 3, 3]", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheModelIsThePrototxt()
    {
        string weights = _folder.Write("w.caffemodel", CaffeModelBytes.Of([("conv", [2, 3, 3, 3], new float[54])]));
        Assert.Contains("-WeightFile", Assert.Throws<IpuException>(() => IpuEngine.Import(new ImportOptions(weights))).Message, StringComparison.Ordinal);
        Assert.Equal("FileNotFound", Assert.Throws<IpuException>(() => IpuEngine.Import(new ImportOptions(_folder.Write("n.prototxt", Net)) { WeightFile = "nowhere.caffemodel" })).ErrorId);
    }

    [Fact]
    public void AllLayersThatAreNotSupportedAreNamedAtOnce()
    {
        const string Text = "input: 'x' input_shape { dim: 1 dim: 4 } layer { name: 'a' type: 'SPP' bottom: 'x' top: 'a' } layer { name: 'b' type: 'Embed' bottom: 'x' top: 'b' } layer { name: 'c' type: 'SPP' bottom: 'x' top: 'c' }";
        var e = Assert.Throws<IpuException>(() => Import(Text, null));
        Assert.Equal("UnsupportedOperator", e.ErrorId);
        Assert.Contains("Embed (1×, first 'b')", e.Message, StringComparison.Ordinal);
        Assert.Contains("SPP (2×, first 'a')", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AnyInputSizeMayBeAskedForAndNotesTellWhatWasTakenOtherwise()
    {
        string path = _folder.Write("b.prototxt", Net.Replace("input_dim: 1 ", "input_dim: 10 ", StringComparison.Ordinal));
        _folder.Write("b.caffemodel", CaffeModelBytes.Of([("conv", [2, 3, 3, 3], new float[54])]));
        IpuModel model = IpuEngine.Import(new ImportOptions(path) { InputShapes = new Dictionary<string, ImmutableArray<int>> { ["x"] = [1, 3, 20, 30] } });
        Assert.Equal(new Shape(1, 18, 28, 2), model.Outputs[0].Shape);
        Assert.Contains("batch of 10", Assert.Single(model.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("type: 'Pooling' pooling_param { pool: STOCHASTIC kernel_size: 2 }", "CaffeParameter")]
    [InlineData("type: 'Pooling' pooling_param { pool: BEST kernel_size: 2 }", "CaffeParameter")]
    [InlineData("type: 'Pooling' pooling_param { kernel_size: 2 pad: 2 }", "CaffeParameter")]
    [InlineData("type: 'Convolution' convolution_param { num_output: 4 kernel_size: 3 group: 2 }", "CaffeParameter")]
    [InlineData("type: 'Convolution' convolution_param { num_output: 4 }", "CaffeParameter")]
    [InlineData("type: 'Convolution' convolution_param { num_output: 4 kernel_size: 3 stride: 0 }", "CaffeParameter")]
    [InlineData("type: 'Reshape' reshape_param { shape { dim: 0 dim: 7 } }", "CaffeParameter")]
    [InlineData("type: 'Slice' slice_param { axis: 9 }", "CaffeParameter")]
    [InlineData("type: 'Permute' permute_param { order: 0 order: 0 }", "CaffeParameter")]
    [InlineData("type: 'BatchNorm' batch_norm_param { use_global_stats: false }", "TrainingMode")]
    [InlineData("type: 'Eltwise' eltwise_param { coeff: 1 coeff: 2 }", "CaffeParameter")]
    [InlineData("type: 'Tile' tile_param { tiles: 2000000000 }", "CaffeParameter")]
    public void WrongParametersAreNamed(string layer, string errorId) =>
        Assert.Equal(errorId, Assert.Throws<IpuException>(() => Import($"input: 'x' input_shape {{ dim: 1 dim: 3 dim: 6 dim: 8 }} layer {{ name: 'a' bottom: 'x' top: 'y' {layer} }}", null)).ErrorId);

    [Fact]
    public void DetectionsOfAnUnsimplifiedModelSurviveItsFile()
    {
        CaffeLayerCase test = CaffeLayerCases.All["DetectionOutput"];
        IpuModel model = IpuEngine.Import(new ImportOptions(_folder.Write("d.prototxt", test.Text)) { SkipSimplify = true });
        IpuModel again = SimFile.Read(SimFile.Write(model), "d.sim");
        Assert.Equal(Assert.Single(model.Nodes, n => n.Op is SsdDetectionOp).Op, Assert.Single(again.Nodes, n => n.Op is SsdDetectionOp).Op);
        Assert.Equal(new Shape(1, 1, 12, 7), again.Outputs[0].Shape);
    }

    public void Dispose() => _folder.Dispose();

    private IpuModel Import(string text, byte[]? weights) => IpuEngine.Import(new ImportOptions(_folder.Write("net.prototxt", text))
    {
        WeightFile = weights is null ? null : _folder.Write("weights.caffemodel", weights),
    });
}
