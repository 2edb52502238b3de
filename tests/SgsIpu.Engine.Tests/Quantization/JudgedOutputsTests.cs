using SgsIpu.Core;
using SgsIpu.Engine.Quantization;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class JudgedOutputsTests
{
    [Fact]
    public void ASoftmaxIsJudgedByWhatItReads()
    {
        GraphEditor editor = Scores(1, 4);
        editor.Add("s", new SoftmaxOp(-1), "x");
        editor.Outputs.Add(editor.Add("y", new IdentityOp(), "s"));
        editor.Outputs.Add("x");
        Graph judged = JudgedOutputs.OfReal(editor.ToGraph());
        Assert.Equal(["x", "x/judged"], judged.Outputs.ToArray());
        Assert.Equal("x", judged.Producer("x/judged")!.Inputs[0]);
    }

    [Fact]
    public void AChoiceOfAChoiceIsJudgedByWhatTheFirstReads()
    {
        GraphEditor editor = Scores(1, 8, 8, 4);
        editor.Add("s", new SoftmaxOp(-1), "x");
        editor.Outputs.Add(editor.Add("y", new ArgOp(Max: true, Axis: 3), "s"));
        Graph judged = JudgedOutputs.OfReal(editor.ToGraph());
        Assert.Equal(["x/judged"], judged.Outputs.ToArray());
        Assert.True(new OutputParts(judged) is { Count: 4, AreByPosition: true });
    }

    [Fact]
    public void DetectionsAreJudgedByTheBoxesAndScoresTheyAreMadeOf()
    {
        GraphEditor editor = Scores(1, 200, 2);
        editor.AddInput(new TensorSpec("boxes", DataType.Float32, new Shape(1, 800)));
        editor.Add("s", new SoftmaxOp(-1), "x");
        editor.Add("flat", new ReshapeOp(new Shape(1, 400)), "s");
        editor.AddConstant("priors", new Tensor(DataType.Float32, new Shape(1, 2, 800)));
        editor.Outputs.Add(editor.Add("rows", new SsdDetectionOp(2, ShareLocation: true, 0, 0.45f, 400, 200, 0.5f, BoxCode.CenterSize, VarianceInTarget: false), "boxes", "flat", "priors"));
        Graph judged = JudgedOutputs.OfReal(editor.ToGraph());
        Assert.Equal(["boxes/judged", "x/judged"], judged.Outputs.ToArray());
        Assert.True(new OutputParts(judged) is { Count: 3, AreByPosition: true });
    }

    [Fact]
    public void ANetworkThatTellsItsClassIsCalibratedAsOneThatTellsItsScores()
    {
        GraphEditor editor = SampleModel.Float.Graph.Edit();
        editor.Outputs.Clear();
        editor.Outputs.Add(editor.Add("class", new ArgOp(Max: true, Axis: 1), "logits"));
        IpuModel classes = SampleModel.With(ini => ini.Replace("outputs=logits;\ndequantizations=TRUE;", "outputs=class;\ndequantizations=FALSE;", StringComparison.Ordinal)) with { Graph = editor.ToGraph() };
        CalibrationReport scores = SampleModel.Calibrate(SampleModel.Float, CalibrationLevel.L5, 2).Report!;
        CalibrationReport told = SampleModel.Calibrate(classes, CalibrationLevel.L5, 2).Report!;
        Assert.Equal(scores.OutputSqnr, told.OutputSqnr);
        Assert.Equal(scores.Steps.AsEnumerable(), told.Steps.AsEnumerable());
    }

    private static GraphEditor Scores(params int[] shape)
    {
        var editor = new GraphEditor("scores");
        editor.AddInput(new TensorSpec("x", DataType.Float32, new Shape(shape)));
        return editor;
    }
}
