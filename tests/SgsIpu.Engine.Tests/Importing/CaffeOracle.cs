using System.Diagnostics;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Tests.Preprocessing;
using Tensor = SgsIpu.Core.Tensor;

namespace SgsIpu.Engine.Tests.Importing;

/// <summary>The expected outputs of all layer cases, from one run of Python.</summary>
public sealed class CaffeOracle : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string _log;

    public CaffeOracle()
    {
        foreach ((string name, CaffeLayerCase test) in CaffeLayerCases.All)
        {
            _folder.Write($"{name}/net.prototxt", test.Text);
            _folder.Write($"{name}/net.caffemodel", test.Model);
            _folder.Write($"{name}/expected.txt", test.Expected);
            Write(name, "x", test.Values);
            Write(name, "w", test.Blobs);
        }

        string python = PythonFactAttribute.Find("cv2", "numpy") ?? throw new InvalidOperationException("the tests should be skipped without Python");
        var start = new ProcessStartInfo(python, [System.IO.Path.Combine(AppContext.BaseDirectory, "Importing", "caffe_oracle.py"), _folder.Path]) { RedirectStandardError = true };
        using Process process = Process.Start(start)!;
        _log = process.StandardError.ReadToEnd();
        process.WaitForExit();
    }

    internal string Path(string name, string file) => System.IO.Path.Combine(_folder.Path, name, file);

    internal Tensor Expected(string name)
    {
        string error = Path(name, "error.txt");
        Assert.False(File.Exists(error), File.Exists(error) ? File.ReadAllText(error) : "");
        Assert.True(File.Exists(Path(name, "y.npy")), _log);
        return NpyFile.Read(File.ReadAllBytes(Path(name, "y.npy")), name);
    }

    public void Dispose() => _folder.Dispose();

    private void Write(string name, string prefix, Tensor[] values)
    {
        for (int i = 0; i < values.Length; i++)
        {
            _folder.Write($"{name}/{prefix}{i}.npy", NpyFile.Write(values[i]));
        }
    }
}
