using SgsIpu.Core;

namespace SgsIpu.Ops;

public sealed partial record DetectionPostProcessOp
{
    /// <summary>Below every score: marks a place that no detection takes.</summary>
    private const float None = float.MinValue;

    public override void EmitOnnx(OnnxEmitter emitter, Node node)
    {
        ArgumentNullException.ThrowIfNull(emitter);
        ArgumentNullException.ThrowIfNull(node);
        TensorSpec[] specs = [.. node.Inputs.Select(emitter.Spec)];
        Layout layout = LayoutOf(specs);
        string Vector(long value, string hint) => emitter.Constant([value], hint);

        string corners = Decode(emitter, emitter.Native(node.Inputs[0]), specs[2].Constant!);
        string byClass = emitter.Add(
            "Transpose",
            [emitter.Add("Reshape", [emitter.Native(node.Inputs[1]), emitter.Constant([layout.Boxes, specs[1].Shape[2]], "shape")], "scores")],
            "by_class",
            ("perm", new long[] { 1, 0 }));
        string numbers = emitter.Constant(OnnxEmitter.Longs(layout.Classes), "numbers");
        string objects = emitter.Add("Gather", [byClass, numbers], "objects", ("axis", 0L));
        string best = "";
        if (ClassAgnostic)
        {
            best = emitter.Add("ArgMax", [objects], "best", ("axis", 0L), ("keepdims", 0L));
            objects = emitter.Add("ReduceMax", [objects, Vector(0, "axes")], "best_score");
        }

        // The rounds of suppression are the batch: each has candidates and boxes of its own.
        string values = "values#" + node.Name;
        string places = "places#" + node.Name;
        emitter.Add("TopK", [objects, Vector(layout.Candidates, "k")], [values, places], ("axis", 1L));
        string boxes = emitter.Add("Gather", [corners, places], "candidates", ("axis", 0L));
        string found = emitter.Add(
            "NonMaxSuppression",
            [boxes, emitter.Add("Unsqueeze", [values, Vector(1, "axes")], "one_class"), Vector(layout.PerClass, "most"), Single(emitter, IouThreshold), Single(emitter, ScoreThreshold)],
            "found");
        string at = emitter.Add("Gather", [found, emitter.Constant([0, 2], "columns")], "at", ("axis", 1L));
        string row = emitter.Add("Gather", [found, emitter.Constant(Tensor.Scalar(0L), "column")], "row", ("axis", 1L));
        string which = ClassAgnostic ? emitter.Add("Gather", [best, emitter.Add("GatherND", [places, at], "anchor")], "which") : row;
        string foundScores = emitter.Add("GatherND", [values, at], "found_scores");
        string foundBoxes = emitter.Add("GatherND", [boxes, at], "found_boxes");
        string foundClasses = emitter.Add("Gather", [numbers, which], "found_classes");

        string order = Best(emitter, ref foundScores, ref foundBoxes, ref foundClasses, node.Name);
        string taken = emitter.Add("Greater", [order, emitter.Constant(Tensor.Scalar(None), "none")], "taken");
        string shown = emitter.Add("Where", [taken, order, emitter.Constant(Tensor.Scalar(0f), "zero")], "shown");
        string count = emitter.Add("ReduceSum", [emitter.Add("Cast", [taken], "ones", ("to", 6L)), Vector(0, "axes")], "count");
        emitter.Add("Reshape", [foundBoxes, emitter.Constant([1, MaxDetections, 4], "shape")], [emitter.DefineNative(node.Outputs[0])]);
        string classes = emitter.Add("Cast", [foundClasses], "classes", ("to", 6L));
        emitter.Add("Reshape", [classes, emitter.Constant([1, MaxDetections], "shape")], [emitter.DefineNative(node.Outputs[1])]);
        emitter.Add("Reshape", [shown, emitter.Constant([1, MaxDetections], "shape")], [emitter.DefineNative(node.Outputs[2])]);
        emitter.Add("Reshape", [count, Vector(1, "shape")], [emitter.DefineNative(node.Outputs[3])]);
    }

    private static string Single(OnnxEmitter emitter, float value) => emitter.Constant(Tensor.FromArray([value], 1), "threshold");

    /// <summary>The corners [n, 4] of all boxes.</summary>
    private string Decode(OnnxEmitter emitter, string codes, Tensor anchors)
    {
        int n = anchors.Shape[0];
        float[] a = anchors.ToFloats();
        string Columns(int from, int count, Func<int, int, float> value, string hint)
        {
            var result = new float[n * count];
            for (int i = 0; i < result.Length; i++)
            {
                result[i] = value(i / count * 8, from + (i % count));
            }

            return emitter.Constant(Tensor.FromArray(result, n, count), hint);
        }

        string flat = emitter.Add("Reshape", [codes, emitter.Constant([n, 4], "shape")], "codes");
        string decoded;
        if (Corners)
        {
            string shift = emitter.Add("Mul", [flat, Columns(0, 4, (r, c) => a[r + 4 + c], "factors")], "shift");
            decoded = emitter.Add("Add", [shift, Columns(0, 4, (r, c) => a[r + c], "anchors")], "corners");
        }
        else
        {
            string Half(int start, int end) => emitter.Add("Slice", [flat, emitter.Constant([start], "start"), emitter.Constant([end], "end"), emitter.Constant([1], "axis")], "half");
            string shift = emitter.Add("Mul", [Half(0, 2), Columns(0, 2, (r, c) => a[r + 4 + c] * a[r + 2 + c], "factors")], "shift");
            string center = emitter.Add("Add", [shift, Columns(0, 2, (r, c) => a[r + c], "centers")], "centers");
            string grown = emitter.Add("Exp", [emitter.Add("Mul", [Half(2, 4), Columns(2, 2, (r, c) => a[r + 4 + c], "factors")], "growth")], "grown");
            string half = emitter.Add("Mul", [grown, Columns(2, 2, (r, c) => a[r + c] / 2, "sizes")], "half_size");
            decoded = emitter.Add("Concat", [emitter.Add("Sub", [center, half], "low"), emitter.Add("Add", [center, half], "high")], "corners", ("axis", 1L));
        }

        return Clip
            ? emitter.Add("Clip", [decoded, emitter.Constant(Tensor.Scalar(0f), "zero"), emitter.Constant(Tensor.Scalar(1f), "one")], "clipped")
            : decoded;
    }

    /// <summary>Takes the best detections, in the order wanted; places that none takes have the score <see cref="None"/>. Returns the scores.</summary>
    private string Best(OnnxEmitter emitter, ref string scores, ref string boxes, ref string classes, string name)
    {
        string padded = emitter.Add("Concat", [scores, emitter.Constant(Tensor.FromArray(Enumerable.Repeat(None, MaxDetections).ToArray(), MaxDetections), "none")], "padded", ("axis", 0L));
        boxes = emitter.Add("Concat", [boxes, emitter.Constant(new Tensor(DataType.Float32, new Shape(MaxDetections, 4)), "none")], "padded_boxes", ("axis", 0L));
        classes = emitter.Add("Concat", [classes, emitter.Constant(new Tensor(DataType.Int64, new Shape(MaxDetections)), "none")], "padded_classes", ("axis", 0L));
        string top = "top#" + name;
        string places = "top_places#" + name;
        emitter.Add("TopK", [padded, emitter.Constant([MaxDetections], "k")], [top, places], ("axis", 0L));
        boxes = emitter.Add("Gather", [boxes, places], "top_boxes");
        classes = emitter.Add("Gather", [classes, places], "top_classes");
        if (!GroupByClass)
        {
            return top;
        }

        // Equal keys stay in their order; the places that none takes stay last.
        string key = emitter.Add("Neg", [emitter.Add("Cast", [classes], "class_key", ("to", 1L))], "key");
        string taken = emitter.Add("Greater", [top, emitter.Constant(Tensor.Scalar(None), "none")], "taken");
        string sorted = emitter.Add("Where", [taken, key, emitter.Constant(Tensor.Scalar(None), "last")], "sorted");
        string grouped = "grouped#" + name;
        emitter.Add("TopK", [sorted, emitter.Constant([MaxDetections], "k")], ["keys#" + name, grouped], ("axis", 0L));
        boxes = emitter.Add("Gather", [boxes, grouped], "grouped_boxes");
        classes = emitter.Add("Gather", [classes, grouped], "grouped_classes");
        return emitter.Add("Gather", [top, grouped], "grouped_scores");
    }
}
