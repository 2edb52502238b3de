using System.Collections.Immutable;
using SgsIpu.Core;

namespace SgsIpu.Ops;

/// <summary>ONNX's <c>CenterCropPad</c>, <c>Col2Im</c> and <c>AffineGrid</c> as slices, pads and products, and what is refused of images.</summary>
internal static class ImageMovementImport
{
    /// <summary>Elements of a constant that a small file may ask for.</summary>
    private const int LargestConstant = 1 << 24;

    public static ImmutableArray<ImportRule> Imports { get; } =
    [
        ImportRule.Onnx("AffineGrid", AffineGrid),
        ImportRule.Onnx("CenterCropPad", CenterCropPad),
        ImportRule.Onnx("Col2Im", ColumnsToImage),
        ImportRule.Onnx("DeformConv", static c => throw c.Error(
            "DeformableConvolution", "the places that a deformable convolution reads depend on the data, which the hardware cannot do; train with ordinary convolutions, or sample with GridSample", IpuErrorKind.NotSupported)),
    ];

    private static void CenterCropPad(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int[] axes = c.Node.Ints("axes") is { } some ? [.. some.Select(a => x.Axis(checked((int)a)))] : [.. Enumerable.Range(0, x.Rank)];
        long[] wanted = c.RequireConstant(1, "shape").ToLongs();
        if (wanted.Length != axes.Length || wanted.Any(w => w is < 0 or > int.MaxValue))
        {
            throw c.Error("ShapeMismatch", $"a shape of {axes.Length} sizes is needed, found [{string.Join(", ", wanted)}]");
        }

        var start = new int[x.Rank];
        int[] size = x.ToArray();
        var before = new int[x.Rank];
        var after = new int[x.Rank];
        for (int i = 0; i < axes.Length; i++)
        {
            int axis = axes[i];
            int excess = x[axis] - (int)wanted[i];
            if (excess > 0)
            {
                (start[axis], size[axis]) = (excess / 2, (int)wanted[i]);
            }
            else
            {
                before[axis] = -excess / 2;
                after[axis] = -excess - before[axis];
            }
        }

        string cropped = c.Add("cropped", new SliceOp([.. start], [.. size], [.. x.Select(_ => 1)]), c.Input(0));
        c.AddOutput(0, new PadOp([.. before], [.. after]), cropped);
    }

    /// <summary>Each column adds its block to the image: a transposed convolution whose weights say where each element goes.</summary>
    private static void ColumnsToImage(LiftContext c)
    {
        Shape x = c.Spec(0).Shape;
        int[] image = c.RequireConstant(1, "image_shape").ToInts();
        int[] block = c.RequireConstant(2, "block_shape").ToInts();
        int[] strides = [.. (c.Node.Ints("strides") ?? [1, 1]).Select(v => checked((int)v))];
        int[] dilations = [.. (c.Node.Ints("dilations") ?? [1, 1]).Select(v => checked((int)v))];
        int[] pads = [.. (c.Node.Ints("pads") ?? [0, 0, 0, 0]).Select(v => checked((int)v))];
        if (x.Rank != 3 || image.Length != 2 || block.Length != 2 || strides.Length != 2 || dilations.Length != 2 || pads.Length != 4
            || block.Concat(strides).Concat(dilations).Any(v => v < 1) || pads.Concat(image).Any(v => v < 0) || x[1] % checked(block[0] * block[1]) != 0)
        {
            throw c.Error("Columns", $"columns [N, C · block, L] become images of two dimensions, found {c.Spec(0)}, image [{string.Join(", ", image)}] and block [{string.Join(", ", block)}]", IpuErrorKind.NotSupported);
        }

        int area = block[0] * block[1];
        int channels = x[1] / area;
        if ((long)x[1] * area > LargestConstant)
        {
            throw c.Error("TensorSize", $"blocks of {area} elements in {x[1]} rows are too many");
        }

        int[] steps = [.. Enumerable.Range(0, 2).Select(d => ((image[d] + pads[d] + pads[d + 2] - (dilations[d] * (block[d] - 1)) - 1) / strides[d]) + 1)];
        int[] extra = [.. Enumerable.Range(0, 2).Select(d => image[d] - (((steps[d] - 1) * strides[d]) + (dilations[d] * (block[d] - 1)) + 1 - pads[d] - pads[d + 2]))];
        if (steps[0] < 1 || steps[1] < 1 || (long)steps[0] * steps[1] != x[2])
        {
            throw c.Error("ShapeMismatch", $"{x[2]} columns are not the {steps[0]}×{steps[1]} of the image");
        }

        var weights = new float[(long)channels * area * area];
        for (int i = 0; i < channels * area; i++)
        {
            // [O, KH, KW, I / groups] with one output channel and area inputs a group.
            weights[(((i / area) * area) + (i % area)) * area + (i % area)] = 1;
        }

        string columns = c.Add("columns", new ReshapeOp(new Shape(x[0], x[1], steps[0], steps[1])), c.Input(0));
        string result = c.Add(
            "image",
            new TransposedConv2DOp
            {
                Groups = channels,
                StrideH = strides[0],
                StrideW = strides[1],
                DilationH = dilations[0],
                DilationW = dilations[1],
                PadTop = pads[0],
                PadLeft = pads[1],
                PadBottom = pads[2],
                PadRight = pads[3],
                OutputPadH = extra[0],
                OutputPadW = extra[1],
            },
            c.ToNhwc(columns),
            c.AddConstant(Tensor.FromArray<float>(weights, channels, block[0], block[1], area), "places"));
        c.Bind(0, c.Add("nchw", new TransposeOp([0, 3, 1, 2]), result));
    }

    /// <summary>The places of an image's pixels, transformed: [N, d, d + 1] times the places and 1.</summary>
    private static void AffineGrid(LiftContext c)
    {
        int[] size = c.RequireConstant(1, "size").ToInts();
        int rank = size.Length - 2;
        if (rank is not (2 or 3) || c.Spec(0).Shape != new Shape(size[0], rank, rank + 1) || size.Any(s => s < 1))
        {
            throw c.Error("ShapeMismatch", $"transformations [N, d, d + 1] with d 2 or 3 and a size of d + 2 are needed, found {c.Spec(0)} and [{string.Join(", ", size)}]");
        }

        bool align = c.Node.Int("align_corners", 0) != 0;
        int[] image = size[2..];
        int points = image.Aggregate(1, (a, b) => checked(a * b));
        if (points > LargestConstant)
        {
            throw c.Error("TensorSize", $"a grid has at most {LargestConstant} places, found {points}");
        }

        var places = new float[points * (rank + 1)];
        for (int p = 0; p < points; p++)
        {
            int rest = p;
            for (int d = rank - 1; d >= 0; d--)
            {
                int at = rest % image[d];
                rest /= image[d];

                // Coordinates are x, y, z: the innermost dimension first.
                places[(p * (rank + 1)) + (rank - 1 - d)] = align
                    ? image[d] == 1 ? -1 : (2f * at / (image[d] - 1)) - 1
                    : (((2f * at) + 1) / image[d]) - 1;
            }

            places[(p * (rank + 1)) + rank] = 1;
        }

        string grid = c.Add("grid", new BatchMatMulOp(TransposeB: true), c.AddConstant(Tensor.FromArray<float>(places, 1, points, rank + 1), "places"), c.Input(0));
        c.AddOutput(0, new ReshapeOp(new Shape([size[0], .. image, rank])), grid);
    }
}
