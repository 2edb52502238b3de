using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>The float form of <see cref="SsdDetectionOp"/> in ONNX nodes. Classes stand where ONNX's suppression has images, so that each may have boxes of its own.</summary>
internal sealed class SsdDetectionEmission(SsdDetectionOp op, OnnxEmitter emitter, Node node)
{
    private readonly string _name = node.Name;

    public void Emit()
    {
        float[] priors = emitter.Spec(node.Inputs[2]).Constant!.ToFloats();
        int count = priors.Length / 8;
        int candidates = op.Candidates(count);
        int classes = op.Classes;
        string scores = Scores(count);
        string boxes = Boxes(priors, count);

        // The best of each class, with their boxes.
        string best = _name + "/best";
        string places = _name + "/places";
        emitter.Add("TopK", [scores, Longs(candidates)], [best, places], ("axis", 1L), ("largest", 1L), ("sorted", 1L));
        string fourfold = Add("Expand", Add("Unsqueeze", places, Longs(2)), Longs(classes, candidates, 4));
        string chosen = emitter.Add("GatherElements", [boxes, fourfold], _name + "/chosen", ("axis", 1L));
        string rows = Add("NonMaxSuppression", chosen, Add("Unsqueeze", best, Longs(1)), Longs(candidates), Floats(op.NmsThreshold), Floats(op.ConfidenceThreshold));

        // Each selected row is (class, 0, candidate).
        string label = Add("Squeeze", Slice(rows, 0, 1), Longs(1));
        string at = Add("Add", Add("Mul", label, Longs(candidates)), Add("Squeeze", Slice(rows, 2, 3), Longs(1)));
        string score = Add("Gather", Add("Reshape", best, Longs(classes * candidates)), at);
        string box = Add("Gather", Add("Reshape", chosen, Longs(classes * candidates, 4)), at);
        Keep(emitter.Add("Cast", [label], _name + "/label", ("to", 1L)), score, box, emitter.Spec(node.Outputs[0]).Shape[2]);
    }

    /// <summary>Scores [classes, P]; those of the background are below every threshold.</summary>
    private string Scores(int count)
    {
        string split = Add("Reshape", emitter.Native(node.Inputs[1]), Longs(count, op.Classes));
        string scores = emitter.Add("Transpose", [split], _name + "/scores", ("perm", OnnxEmitter.Longs([1, 0])));
        if (op.BackgroundLabel < 0)
        {
            return scores;
        }

        bool[] background = [.. Enumerable.Range(0, op.Classes).Select(l => l == op.BackgroundLabel)];
        return Add("Where", emitter.Constant(Tensor.FromArray(background, op.Classes, 1), _name + "/background"), Floats(float.MinValue), scores);
    }

    /// <summary>Boxes [classes, P, 4].</summary>
    private string Boxes(float[] priors, int count)
    {
        int locations = op.ShareLocation ? 1 : op.Classes;
        string split = Add("Reshape", emitter.Native(node.Inputs[0]), Longs(count, locations, 4));
        string offsets = emitter.Add("Transpose", [split], _name + "/offsets", ("perm", OnnxEmitter.Longs([1, 0, 2])));
        (float[] factor, float[] shift) = SsdDetectionKernel.Steps(op, priors);
        string moved = Add("Mul", offsets, Constant(factor, count));
        string boxes;
        if (op.Code == BoxCode.CenterSize)
        {
            string centre = Add("Add", Slice(moved, 0, 2, 2), Constant([.. Pick(shift, 0, 2)], count));
            string half = Add("Mul", Add("Exp", Slice(moved, 2, 4, 2)), Constant([.. Pick(shift, 2, 4)], count));
            boxes = emitter.Add("Concat", [Add("Sub", centre, half), Add("Add", centre, half)], _name + "/boxes", ("axis", 2L));
        }
        else
        {
            boxes = Add("Add", moved, Constant(shift, count));
        }

        return op.ShareLocation ? Add("Expand", boxes, Longs(op.Classes, count, 4)) : boxes;
    }

    /// <summary>The best rows of all classes, the best first; what is missing is 0.</summary>
    private void Keep(string label, string score, string box, int rows)
    {
        string ordered = emitter.Add("Concat", [score, Filled(float.MinValue, rows)], _name + "/ordered", ("axis", 0L));
        string ignored = _name + "/kept";
        string best = _name + "/keptat";
        emitter.Add("TopK", [ordered, Longs(rows)], [ignored, best], ("axis", 0L));
        string labels = Column(Padded(label), best);
        string image = Filled(0, rows, 1);
        string scores = Column(Padded(score), best);
        string boxes = Add("Gather", emitter.Add("Concat", [box, Filled(0, rows, 4)], _name + "/padded", ("axis", 0L)), best);
        string all = emitter.Add("Concat", [image, labels, scores, boxes], _name + "/rows", ("axis", 1L));
        emitter.Add("Reshape", [all, Longs(1, 1, rows, 7)], [emitter.DefineNative(node.Outputs[0])]);

        string Padded(string values) => emitter.Add("Concat", [values, Filled(0, rows)], _name + "/padded", ("axis", 0L));
    }

    private string Column(string values, string places) => Add("Unsqueeze", Add("Gather", values, places), Longs(1));

    private string Add(string type, params string[] inputs) => emitter.Add(type, inputs, $"{_name}/{type}");

    private string Slice(string x, int from, int to, int axis = 1) => Add("Slice", x, Longs(from), Longs(to), Longs(axis));

    private string Longs(params int[] values) => emitter.Constant(OnnxEmitter.Longs(values), _name + "/n");

    private string Floats(float value) => emitter.Constant(Tensor.FromArray<float>([value], 1), _name + "/v");

    private string Filled(float value, params int[] shape) => emitter.Constant(
        Tensor.FromArray<float>([.. Enumerable.Repeat(value, shape.Aggregate(1, (a, b) => a * b))], new Shape(shape)), _name + "/filled");

    private string Constant(float[] values, int count) => emitter.Constant(Tensor.FromArray(values, 1, count, values.Length / count), _name + "/prior");

    private static IEnumerable<float> Pick(float[] values, int from, int to) => values.Where((_, i) => i % 4 >= from && i % 4 < to);
}
