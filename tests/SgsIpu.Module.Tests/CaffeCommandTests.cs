using System.Management.Automation;

namespace SgsIpu.Module.Tests;

/// <summary>Caffe networks at the command line.</summary>
public sealed class CaffeCommandTests(ModuleFixture module) : IClassFixture<ModuleFixture>
{
    [Fact]
    public void WhatANetworksFileSaysInVainIsToldWithVerbose()
    {
        File.WriteAllText(
            Path.Combine(module.Output, "notes.prototxt"),
            "input: 'x' input_dim: 10 input_dim: 3 input_dim: 6 input_dim: 8 layer { name: 'r' type: 'ReLU' bottom: 'x' top: 'y' quick: true }");
        string[] told = [.. module.Run("Import-IpuModel $out/notes.prototxt -Verbose 4>&1").Select(o => o.BaseObject).OfType<VerboseRecord>().Select(r => r.Message)];
        Assert.Contains(told, t => t.Contains("batch of 10", StringComparison.Ordinal));
        Assert.Contains(told, t => t.Contains("'quick'", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("-WeightFile $out/none.caffemodel", "PathNotFound")]
    [InlineData("-weight_file $out/none.caffemodel", "PathNotFound")]
    [InlineData("", "CaffeWeightsMissing")]
    public void MissingWeightsAreAnError(string weights, string errorId)
    {
        File.WriteAllText(
            Path.Combine(module.Output, "net.prototxt"),
            "input: 'x' input_dim: 1 input_dim: 3 input_dim: 6 input_dim: 8 layer { name: 'c' type: 'Convolution' bottom: 'x' top: 'y' convolution_param { num_output: 2 kernel_size: 3 } }");
        (_, IReadOnlyList<ErrorRecord> errors) = module.Try($"Import-IpuModel $out/net.prototxt {weights}");
        Assert.StartsWith(errorId, Assert.Single(errors).FullyQualifiedErrorId, StringComparison.Ordinal);
    }
}
