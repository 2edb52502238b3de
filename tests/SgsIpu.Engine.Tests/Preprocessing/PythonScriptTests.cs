using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Preprocessing;

/// <summary>The vendor's form of preprocessing: scripts with image_preprocess(path, norm=True).</summary>
public sealed class PythonScriptTests : IDisposable
{
    /// <summary>Real numbers that were computed in double precision there and in single precision here.</summary>
    private const float Tolerance = 1e-5f;

    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);
    private static readonly Shape Nhwc = new(1, Pictures.Height, Pictures.Width, 3);

    private readonly TemporaryFolder _folder = new();
    private readonly string _image;

    public PythonScriptTests() => _image = _folder.Write("picture.png", Pictures.Png);

    public void Dispose() => _folder.Dispose();

    /// <summary>The yolov8s script of the guide at another size.</summary>
    [PythonFact("numpy", "cv2")]
    public void TheLetterboxScriptOfTheGuideEqualsTheRecipe()
    {
        const string script = """
            import cv2
            import numpy as np
            def letterbox(im, new_shape=(640, 640), color=(114, 114, 114), auto=False, scaleFill=False, scaleup=True, stride=32):
                shape = im.shape[:2]
                r = min(new_shape[0] / shape[0], new_shape[1] / shape[1])
                if not scaleup:
                    r = min(r, 1.0)
                ratio = r, r
                new_unpad = int(round(shape[1] * r)), int(round(shape[0] * r))
                dw, dh = new_shape[1] - new_unpad[0], new_shape[0] - new_unpad[1]
                dw /= 2
                dh /= 2
                if shape[::-1] != new_unpad:
                    im = cv2.resize(im, new_unpad, interpolation=cv2.INTER_LINEAR)
                top, bottom = int(round(dh - 0.1)), int(round(dh + 0.1))
                left, right = int(round(dw - 0.1)), int(round(dw + 0.1))
                im = cv2.copyMakeBorder(im, top, bottom, left, right, cv2.BORDER_CONSTANT, value=color)
                return im, ratio, (dw, dh)
            def image_preprocess(image_file, norm=True, new_shape=(25, 33)):
                im = cv2.imread(image_file)
                im, ratio, (dw, dh) = letterbox(im, new_shape)
                im = im[:, :, ::-1]
                im = np.expand_dims(im, 0)
                im = np.ascontiguousarray(im)
                if norm:
                    return im.astype(np.float32) / 255
                else:
                    return im
            """;
        EqualsRecipe(script, new Recipe { Letterbox = (33, 25) }, "RGB", "0", "255", new Shape(1, 25, 33, 3));
    }

    /// <summary>The resnet18 script of the guide, with Pillow in place of torchvision.</summary>
    [PythonFact("numpy", "PIL")]
    public void TheResizeAndCropScriptOfTheGuideEqualsTheRecipe()
    {
        const string script = """
            from PIL import Image
            import numpy as np
            def sim_standard_preprocess(image_file, input_size=6, norm=True):
                image = Image.open(image_file).convert('RGB')
                w, h = image.size
                scaled_size = 7
                image = image.resize((int(scaled_size * w / h), scaled_size), Image.BILINEAR)
                w, h = image.size
                left, top = int(round((w - input_size) / 2.0)), int(round((h - input_size) / 2.0))
                image = image.crop((left, top, left + input_size, top + input_size))
                if norm:
                    image = (np.array(image) / 255.0 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
                    image = np.transpose(image, axes=(2, 0, 1))
                    image = np.expand_dims(image, 0).astype(np.float32)
                    image = np.transpose(image, axes=(0, 2, 3, 1)).copy()
                else:
                    image = np.array(image)
                    image = np.expand_dims(image, 0).astype(np.uint8)
                return image
            def image_preprocess(image_file, input_size=6, norm=True):
                return sim_standard_preprocess(image_file, input_size, norm=norm)
            """;
        var recipe = new Recipe { ShorterSide = 7, Crop = (6, 6), Interpolation = Interpolation.PillowBilinear };
        EqualsRecipe(script, recipe, "RGB", "123.675:116.28:103.53", "58.395:57.12:57.375", new Shape(1, 6, 6, 3));
    }

    /// <summary>The caffe_lenet script of the guide.</summary>
    [PythonFact("numpy", "cv2")]
    public void TheGreyScriptOfTheGuideEqualsTheRecipe()
    {
        const string script = """
            import cv2
            import numpy as np
            def get_image(img_path, resizeH=28, resizeW=28, norm=True, mean=33.318, std=1.0):
                img = cv2.imread(img_path)
                if img is None:
                    raise FileNotFoundError('No such image: {}'.format(img_path))
                img = cv2.cvtColor(img, cv2.COLOR_BGR2GRAY)
                img_norm = cv2.resize(img, (resizeW, resizeH), interpolation=cv2.INTER_LINEAR)
                if norm:
                    img_norm = (img_norm - mean) / std
                    img_norm = np.expand_dims(img_norm, axis=2)
                    img_norm = img_norm.astype('float32')
                else:
                    img_norm = np.expand_dims(img_norm, axis=2)
                return np.expand_dims(img_norm, 0)
            def image_preprocess(img_path, norm=True):
                return get_image(img_path, norm=norm)
            """;

        // The recipe resizes before it drops colours; grey first and last differ by rounding.
        EqualsRecipe(script, new Recipe { Size = (28, 28) }, "GRAY", "33.318", "1.0", new Shape(1, 28, 28, 1), grey: 1);
    }

    [PythonFact("numpy")]
    public void WhatAScriptPrintsDoesNotDisturb()
    {
        Tensor x = Read("""
            import numpy as np, os, sys
            print("loaded")
            def image_preprocess(path, norm=True):
                print("x" * 100000)
                os.system("echo child")
                sys.stdout.flush()
                return [np.asfortranarray(np.full((1, 8, 16, 3), 5 if norm else 6, np.float64))]
            """);
        Assert.All(x.ToFloats(), v => Assert.Equal(5, v));
    }

    [PythonFact("numpy")]
    public void TheTracebackOfAnErrorIsInTheMessage()
    {
        IpuException e = Fault("""
            def helper(path):
                raise ValueError("odd picture " + path)
            def image_preprocess(path, norm=True):
                return helper(path)
            """);
        Assert.Equal("PreprocessFailed", e.ErrorId);
        Assert.Contains("ValueError: odd picture " + _image, e.Message, StringComparison.Ordinal);
        Assert.Contains("helper", e.Message, StringComparison.Ordinal);
        Assert.Contains("script.py", e.Message, StringComparison.Ordinal);
    }

    [PythonFact("numpy")]
    public void BrokenScriptsAreNamed()
    {
        Assert.Contains("SyntaxError", Failed("def image_preprocess(path, norm=True:\n"), StringComparison.Ordinal);
        Assert.Contains("image_preprocess", Failed("def preprocess(path):\n    return 1\n"), StringComparison.Ordinal);
        Assert.Contains("no_such_module", Failed("import no_such_module\n"), StringComparison.Ordinal);
        Assert.Contains("SystemExit", Failed("import sys\ndef image_preprocess(path, norm=True):\n    sys.exit(3)\n"), StringComparison.Ordinal);
        Assert.Contains("last words", Failed("import os, sys\ndef image_preprocess(path, norm=True):\n    print('last words')\n    sys.stdout.flush()\n    os._exit(3)\n"), StringComparison.Ordinal);
        Assert.Contains("EOFError", Failed("def image_preprocess(path, norm=True):\n    return input()\n"), StringComparison.Ordinal);
        Assert.Contains("pickle", Failed("def image_preprocess(path, norm=True):\n    return [{'a': 1}, 2]\n"), StringComparison.Ordinal);
    }

    [PythonFact("numpy")]
    public void AResultOfAnotherShapeIsRefused() =>
        Assert.Equal("SampleShape", Fault("import numpy as np\ndef image_preprocess(path, norm=True):\n    return np.zeros((1, 9, 9, 3))\n").ErrorId);

    [PythonFact("numpy")]
    public void ACallThatTakesTooLongIsEnded()
    {
        IpuException e = Assert.Throws<IpuException>(() => Read("import time\ndef image_preprocess(path, norm=True):\n    time.sleep(600)\n", TimeSpan.FromSeconds(0.5)));
        Assert.Equal("PreprocessTimeout", e.ErrorId);
        Assert.Contains(_image, e.Message, StringComparison.Ordinal);
    }

    [PythonFact("numpy")]
    public void CancellationEndsThePython()
    {
        string script = _folder.Write("script.py", "import os, time\ndef image_preprocess(path, norm=True):\n    open(path + '.pid', 'w').write(str(os.getpid()) + '\\n')\n    time.sleep(600)\n");
        using FileSampleSource samples = Open(script, Long);
        using var stop = new CancellationTokenSource();
        Task read = Task.Run(() => samples.Read(0, true, stop.Token));
        string note = _image + ".pid";
        Assert.True(SpinWait.SpinUntil(() => File.Exists(note) && File.ReadAllText(note).EndsWith('\n'), Long));
        int pid = int.Parse(File.ReadAllText(note), System.Globalization.CultureInfo.InvariantCulture);
        stop.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(read.GetAwaiter().GetResult);
        Assert.True(SpinWait.SpinUntil(() => !IsRunning(pid), Long));
    }

    [PythonFact("numpy")]
    public void ProcessesServeManyCallsAndEndWithTheSource()
    {
        string script = _folder.Write("script.py", "import os\nimport numpy as np\ndef image_preprocess(path, norm=True):\n    return np.full((1, 8, 16, 3), os.getpid(), np.int32)\n");
        int[] processes;
        using (FileSampleSource samples = Open(script, Long, workers: 2))
        {
            processes = [.. Enumerable.Range(0, 24).AsParallel().WithDegreeOfParallelism(6).Select(_ => (int)samples.Read(0, true, CancellationToken.None).Inputs[0].ToFloats()[0]).Distinct()];
            Assert.InRange(processes.Length, 1, 2);
        }

        Assert.True(SpinWait.SpinUntil(() => !processes.Any(IsRunning), Long));
    }

    [Fact]
    public void AMissingInterpreterIsNamed()
    {
        string script = _folder.Write("script.py", "def image_preprocess(path, norm=True):\n    return 1\n");
        using FileSampleSource samples = Open(script, Long, python: Path.Combine(_folder.Path, "no-python"));
        IpuException e = Assert.Throws<IpuException>(() => samples.Read(0, true, CancellationToken.None));
        Assert.Equal("PythonNotFound", e.ErrorId);
        Assert.Contains("no-python", e.Message, StringComparison.Ordinal);
    }

    private static bool IsRunning(int pid)
    {
        try
        {
            using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void EqualsRecipe(string text, Recipe recipe, string training, string mean, string std, Shape shape, int grey = 0)
    {
        string script = _folder.Write("script.py", text);
        Configuration(training, mean, std, out IpuModel real, out IpuModel @fixed, shape);
        float[] expected = One(real, recipe, true).ToFloats();
        Tensor x = One(real, script, true);
        Assert.Equal((DataType.Float32, shape), (x.Type, x.Shape));
        Assert.All(x.ToFloats().Zip(expected), p => Assert.InRange(p.First, p.Second - grey - Tolerance, p.Second + grey + Tolerance));
        byte[] board = One(@fixed, recipe, false).Bytes.ToArray();
        byte[] bytes = One(@fixed, script, false).Bytes.ToArray();
        Assert.Equal(board.Length, bytes.Length);
        Assert.All(bytes.Zip(board), p => Assert.InRange(p.First, p.Second - grey, p.Second + grey));
    }

    private static void Configuration(string training, string mean, string std, out IpuModel real, out IpuModel @fixed, Shape shape)
    {
        Engine.Configuration.InputConfig config = Models.Config(training, training == "GRAY" ? "GRAY" : "BGR", mean, std);
        real = Models.Float(config, shape);
        @fixed = Models.Fixed(config, shape[1], shape[2]);
    }

    private Tensor One(IpuModel model, object form, bool norm)
    {
        using FileSampleSource samples = SampleSources.Open(model, new SampleSourceOptions([_image]) { Preprocess = [form], PythonPath = PythonFactAttribute.Find("numpy", "cv2", "PIL") ?? PythonFactAttribute.Find("numpy")! });
        return samples.Read(0, norm, CancellationToken.None).Inputs[0];
    }

    private FileSampleSource Open(string script, TimeSpan timeout, int workers = 4, string? python = null) =>
        SampleSources.Open(
            Models.Float(null, Nhwc),
            new SampleSourceOptions([_image]) { Preprocess = [script], PythonPath = python ?? PythonFactAttribute.Find("numpy")!, Timeout = timeout, Workers = workers });

    private Tensor Read(string text, TimeSpan? timeout = null)
    {
        using FileSampleSource samples = Open(_folder.Write("script.py", text), timeout ?? Long);
        return samples.Read(0, true, CancellationToken.None).Inputs[0];
    }

    private IpuException Fault(string text) => Assert.Throws<IpuException>(() => Read(text));

    private string Failed(string text)
    {
        IpuException e = Fault(text);
        Assert.Equal("PreprocessFailed", e.ErrorId);
        return e.Message;
    }
}
