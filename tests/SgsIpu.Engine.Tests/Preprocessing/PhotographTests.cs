using SgsIpu.Core;
using SgsIpu.Engine.Configuration;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Preprocessing;

/// <summary>Photographs against the arrays that the trained models' references were computed from.</summary>
public sealed class PhotographTests
{
    private const float GreyLevels = 1.01f;

    [AssetTheory]
    [InlineData("caffe/lenet", "mnist/00000_7.png", "GRAY", "0", "256", "interpolation: opencv-bilinear")]
    [InlineData("onnx/mobilenetv2", "imagenet/evaluation/n01622779_great_grey_owl.jpg", "RGB", "123.675:116.28:103.53", "58.395:57.12:57.375", "{resize: 256, crop: 224, interpolation: pillow-bilinear}")]
    [InlineData("caffe/squeezenet_v1.1", "imagenet/evaluation/n01622779_great_grey_owl.jpg", "RGB", "123.675:116.28:103.53", "58.395:57.12:57.375", "{resize: 256, crop: 227, interpolation: pillow-bilinear}")]
    [InlineData("tflite/mobilenet_v1_0.25_224", "imagenet/evaluation/n01622779_great_grey_owl.jpg", "RGB", "127.5", "127.5", "{resize: 256, crop: 224, interpolation: pillow-bilinear}")]
    [InlineData("onnx/ultraface_rfb320", "face/face_19.jpg", "RGB", "127", "128", "{resize: [320, 240], interpolation: pillow-bilinear}")]
    [InlineData("onnx/yolox_nano", "coco/evaluation/images/000000000139.jpg", "BGR", "0", "1", "{letterbox: 416, anchor: top-left, interpolation: pillow-bilinear}")]
    [InlineData("tflite/resnet8_cifar10", "cifar10/cat_0003.jpg", "RGB", "0", "1", "interpolation: nearest")]
    [InlineData("tflite/vww_96", "vww/000000000139.png", "RGB", "0", "255", "interpolation: nearest")]
    public void ARecipeGivesTheReferenceInput(string model, string image, string training, string mean, string std, string recipe)
    {
        Tensor expected = NpyFile.Read(File.ReadAllBytes(Assets.Model(model + "/reference/input.npy")), model);
        if (expected.Shape[3] is not (1 or 3))
        {
            expected = expected.Transpose([0, 2, 3, 1]);
        }

        using var folder = new TemporaryFolder();
        InputConfig config = Models.Config(training, training, mean, std);
        using FileSampleSource samples = SampleSources.Open(
            Models.Float(config, expected.Shape),
            new SampleSourceOptions([Path.Combine(Assets.Root!, "images", image)]) { Preprocess = [folder.Write("recipe.yaml", recipe)] });
        float[] x = samples.Read(0, true, CancellationToken.None).Inputs[0].ToFloats();
        float tolerance = GreyLevels / config.Inputs[0].Std.Min();
        Assert.All(x.Zip(expected.ToFloats()), p => Assert.InRange(p.First, p.Second - tolerance, p.Second + tolerance));
    }
}
