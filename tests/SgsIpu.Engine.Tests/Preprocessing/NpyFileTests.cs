using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Preprocessing;

/// <summary>Against files that NumPy 1.24 saved.</summary>
public sealed class NpyFileTests
{
    private const string Int32 = "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAQAAAAIAAAADAAAABAAAAAUAAAA=";

    [Theory]
    [InlineData(Int32, DataType.Int32, new[] { 2, 3 }, new[] { 0f, 1, 2, 3, 4, 5 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPGY4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsKSwgfSAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAAAAAAD4PwAAAAAAAADA", DataType.Float64, new[] { 2 }, new[] { 1.5f, -2 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKCksIH0gICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAAAAAAAA==", DataType.Int64, new int[0], new[] { 7f })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnfHUxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDAsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAo=", DataType.UInt8, new[] { 1, 0, 2 }, new float[0])]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnfGIxJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDEpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoBAA==", DataType.Bool, new[] { 2, 1 }, new[] { 1f, 0 })]
    [InlineData("k05VTVBZAQB2AHsnZGVzY3InOiAnPGYyJywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDEsIDIpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAPADA", DataType.Float16, new[] { 1, 2 }, new[] { 1f, -2 })]
    [InlineData("k05VTVBZAgB0AAAAeydkZXNjcic6ICd8aTEnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMywpLCB9ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAQI=", DataType.Int8, new[] { 3 }, new[] { 0f, 1, 2 })]
    public void ReadsWhatNumPySaved(string file, DataType type, int[] shape, float[] values)
    {
        Tensor array = NpyFile.Read(Convert.FromBase64String(file), "x.npy");
        Assert.Equal(type, array.Type);
        Assert.Equal(new Shape(shape), array.Shape);
        Assert.Equal(values, array.ToFloats());
    }

    [Fact]
    public void WritesTheBytesThatNumPySaves() =>
        Assert.Equal(Convert.FromBase64String(Int32), NpyFile.Write(Tensor.FromArray([0, 1, 2, 3, 4, 5], 2, 3)));

    [Theory]
    [InlineData(DataType.Float32)]
    [InlineData(DataType.Float64)]
    [InlineData(DataType.UInt8)]
    [InlineData(DataType.Int8)]
    [InlineData(DataType.Int16)]
    [InlineData(DataType.UInt16)]
    [InlineData(DataType.Int64)]
    [InlineData(DataType.Bool)]
    public void WhatIsWrittenIsReadAgain(DataType type)
    {
        var random = new Random(3);
        foreach (int[] shape in new int[][] { [], [1], [5], [2, 3], [1, 2, 3, 4, 5] })
        {
            var tensor = new Tensor(type, new Shape(shape));
            random.NextBytes(tensor.Bytes);
            byte[] file = NpyFile.Write(tensor);
            Assert.Equal(0, (file.Length - tensor.Bytes.Length) % 64);
            Tensor again = NpyFile.Read(file, "x.npy");
            Assert.Equal((tensor.Type, tensor.Shape), (again.Type, again.Shape));
            Assert.Equal(tensor.Bytes.ToArray(), again.Bytes.ToArray());
        }
    }

    [Theory]
    [InlineData("'<i4'", "'>i4'", "'>i4'")]
    [InlineData("'<i4'", "'|O4'", "'|O4'")]
    [InlineData("False, ", "True,  ", "Fortran")]
    [InlineData("(2, 3)", "(2, 4)", "32 bytes")]
    [InlineData("(2, 3)", "(2,-3)", "shape")]
    [InlineData("(2, 3), }       ", "(99999, 99999), }", "not possible")]
    [InlineData("'descr'", "'DESCR'", "header")]
    [InlineData("NUMPY", "NUMPI", "does not start")]
    public void OtherFilesAreRefusedWithTheReason(string part, string replacement, string reason)
    {
        string text = Encoding.Latin1.GetString(Convert.FromBase64String(Int32));
        Assert.Contains(part, text, StringComparison.Ordinal);
        byte[] file = Encoding.Latin1.GetBytes(text.Replace(part, replacement, StringComparison.Ordinal));
        IpuException e = Assert.Throws<IpuException>(() => NpyFile.Read(file, "some.npy"));
        Assert.Equal("NpyDamaged", e.ErrorId);
        Assert.Contains("some.npy", e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void DamagedFilesNeverCrash()
    {
        byte[] good = Convert.FromBase64String(Int32);
        var random = new Random(11);
        int read = 0;
        for (int i = 0; i < 3000; i++)
        {
            byte[] file = good[..random.Next(i % 2 == 0 ? good.Length : 0, good.Length + 1)];
            for (int k = random.Next(1, 4); k > 0 && file.Length > 0; k--)
            {
                file[random.Next(file.Length)] = (byte)random.Next(256);
            }

            try
            {
                _ = NpyFile.Read(file, "x.npy");
                read++;
            }
            catch (IpuException e)
            {
                Assert.Equal("NpyDamaged", e.ErrorId);
            }
        }

        Assert.InRange(read, 1, 2999);
    }
}
