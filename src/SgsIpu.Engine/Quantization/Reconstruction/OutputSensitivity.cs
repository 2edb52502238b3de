using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SgsIpu.Core;
using SgsIpu.Engine.Preprocessing;
using SgsIpu.Engine.Simulation;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization.Reconstruction;

/// <summary>
/// Measures what other forms of single layers do to the outputs of a fixed graph. All layers before run once; those after once for each
/// alternative.
/// </summary>
internal sealed class OutputSensitivity
{
    private readonly Graph _graph;
    private readonly FixedInputs _inputs;
    private readonly PreparedGraph _prepared;
    private readonly (int Position, FixedKernel? Convert, FixedKernel Kernel, TensorSpec Input, TensorSpec Weights, TensorSpec? Bias)[] _tries;
    private readonly int _workspace;

    /// <param name="inputs">Where the samples enter.</param>
    public OutputSensitivity(Graph graph, FixedInputs inputs, IReadOnlyList<LayerAlternative> alternatives, CancellationToken cancellationToken)
    {
        _graph = graph;
        _inputs = inputs;
        _prepared = new PreparedGraph(graph, cancellationToken);
        Dictionary<string, int> positions = graph.Nodes.Select((n, i) => (n.Name, i)).ToDictionary(p => p.Name, p => p.i, StringComparer.Ordinal);
        _tries = [.. alternatives.Select(a => Prepare(a, positions[a.Node]))];
        _workspace = _tries.Select(t => Math.Max(t.Kernel.WorkspaceBytes, t.Convert?.WorkspaceBytes ?? 0)).DefaultIfEmpty(0).Max();
    }

    /// <summary>Mean square change of the outputs over their mean square, averaged over outputs, of each alternative.</summary>
    /// <param name="chosen">Numbers of the samples.</param>
    /// <param name="parallel">Samples in flight at once; the result does not depend on it.</param>
    public double[] Measure(ISampleSource samples, IReadOnlyList<int> chosen, int parallel, IProgress<IpuProgress>? progress, CancellationToken cancellationToken)
    {
        var changes = new double[chosen.Count][];
        int done = 0;
        ParallelWork.For(
            chosen.Count,
            parallel,
            s =>
            {
                changes[s] = OfSample(samples.Read(chosen[s], norm: true, cancellationToken), cancellationToken);
                progress?.Report(new IpuProgress("Measuring layers", Interlocked.Increment(ref done), chosen.Count));
            },
            cancellationToken);
        return [.. Enumerable.Range(0, _tries.Length).Select(t => changes.Sum(c => c[t]) / Math.Max(1, chosen.Count))];
    }

    private double[] OfSample(Sample sample, CancellationToken cancellationToken)
    {
        PreparedGraph.Frame frame = _prepared.NewFrame(static t => new byte[t.ByteCount]);
        foreach ((string tensor, Tensor value) in _inputs.Of(sample))
        {
            value.Bytes.CopyTo(frame[tensor]);
        }

        RunFrom(frame, 0);
        float[][] outputs = [.. _graph.Outputs.Select(o => Real(frame, o))];
        var changes = new double[_tries.Length];
        byte[] workspace = new byte[_workspace];

        // From the last to the first: what a try spoils, earlier ones do not read.
        foreach (int t in Enumerable.Range(0, _tries.Length).OrderByDescending(t => _tries[t].Position))
        {
            cancellationToken.ThrowIfCancellationRequested();
            Try(frame, t, workspace);
            RunFrom(frame, _tries[t].Position + 1);

            changes[t] = outputs.Select((o, i) => Change(o, Real(frame, _graph.Outputs[i]))).Average();
        }

        return changes;
    }

    private void RunFrom(PreparedGraph.Frame frame, int position)
    {
        for (int i = position; i < _graph.Nodes.Length; i++)
        {
            if (!_inputs.Border.Contains(_graph.Nodes[i].Name))
            {
                _prepared.RunNode(frame, i, 1);
            }
        }
    }

    private void Try(PreparedGraph.Frame frame, int t, byte[] workspace)
    {
        (int position, FixedKernel? convert, FixedKernel kernel, TensorSpec input, TensorSpec weights, TensorSpec? bias) = _tries[t];
        (Memory<byte>[] inputs, Memory<byte>[] outputs) = frame.Arguments[position];
        Memory<byte> read = inputs[0];
        if (convert is not null)
        {
            read = new byte[input.ByteCount];
            convert.Run(new FixedArguments([inputs[0]], [read], workspace, 1));
        }

        Memory<byte>[] given = [read, MemoryMarshal.AsMemory(weights.Constant!.Memory), bias is null ? default : MemoryMarshal.AsMemory(bias.Constant!.Memory)];
        kernel.Run(new FixedArguments(given, outputs, workspace, 1));
    }

    private (int, FixedKernel?, FixedKernel, TensorSpec, TensorSpec, TensorSpec?) Prepare(LayerAlternative alternative, int position)
    {
        Node node = _graph.Nodes[position];
        TensorSpec now = _graph[node.Inputs[0]];
        bool same = now.Type == alternative.Input.Type && now.Quant!.SameMapping(alternative.Input.Quant!);
        FixedKernel? convert = same ? null : new RequantizeOp(alternative.Input.Type).PrepareFixed(new FixedBinding(node.Name, [now], [alternative.Input]));
        ImmutableArray<TensorSpec?> inputs = alternative.Bias is null ? [alternative.Input, alternative.Weights] : [alternative.Input, alternative.Weights, alternative.Bias];
        FixedKernel kernel = ((IpuOperator)node.Op).PrepareFixed(new FixedBinding(node.Name, inputs, [.. _graph.OutputsOf(node)]));
        return (position, convert, kernel, alternative.Input, alternative.Weights, alternative.Bias);
    }

    private float[] Real(PreparedGraph.Frame frame, string output)
    {
        TensorSpec spec = _graph[output];
        return new Tensor(spec.Type, spec.Shape, frame[output].ToArray()).ToFloats();
    }

    private static double Change(float[] before, float[] after)
    {
        double power = 0;
        double change = 0;
        for (int i = 0; i < before.Length; i++)
        {
            power += (double)before[i] * before[i];
            change += Math.Pow((double)after[i] - before[i], 2);
        }

        return power > 0 ? change / power : change;
    }
}
