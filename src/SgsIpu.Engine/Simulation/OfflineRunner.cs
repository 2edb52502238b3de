using SgsIpu.Core;
using SgsIpu.Engine.Compilation;

namespace SgsIpu.Engine.Simulation;

/// <summary>
/// Runs an offline model in one arena of the planned size, by the kernels of the fixed model. Takes one item, or a batch: every input
/// stacked along its outermost dimension, as many items as the image was compiled for; outputs are stacked alike.
/// </summary>
internal sealed class OfflineRunner : IModelRunner
{
    private readonly Graph _graph;
    private readonly OfflineImage _image;
    private readonly FixedRunner _runner;

    public OfflineRunner(IpuModel model, int threads = 1, CancellationToken cancellationToken = default)
    {
        _graph = model.Graph;
        _image = model.Image ?? throw new IpuException("WrongStage", $"model '{model.Name}' is {model.Stage}, not offline", IpuErrorKind.InvalidArgument) { Target = model.Name };
        MemoryPlan plan = _image.Plan;
        _runner = new FixedRunner(_graph, prepared => NewFrame(prepared, plan), null, threads, cancellationToken);
    }

    public IReadOnlyDictionary<string, Tensor> Run(IReadOnlyDictionary<string, Tensor> inputs, CancellationToken cancellationToken)
    {
        int batch = BatchOf(inputs);
        if (batch == 1)
        {
            return _runner.Run(inputs, cancellationToken);
        }

        if (!_image.Takes(batch))
        {
            string rule = _image.BatchMode == BatchMode.NBuf ? $"1 to {_image.MaxBatch}" : string.Join(", ", _image.Batch);
            throw new IpuException("BatchSize", $"model '{_graph.Name}' was given {batch} inputs at once; it is compiled for {rule}", IpuErrorKind.InvalidArgument) { Target = _graph.Name };
        }

        Dictionary<string, Tensor> result = _graph.Outputs.Distinct().ToDictionary(
            o => o,
            o => new Tensor(_graph[o].Type, Stacked(_graph[o], batch)),
            StringComparer.Ordinal);
        for (int i = 0; i < batch; i++)
        {
            Dictionary<string, Tensor> item = _graph.Inputs.ToDictionary(n => n, n => Part(inputs[n], _graph[n], i), StringComparer.Ordinal);
            foreach ((string name, Tensor output) in _runner.Run(item, cancellationToken))
            {
                output.Bytes.CopyTo(result[name].Bytes[(i * output.Bytes.Length)..]);
            }
        }

        return result;
    }

    public void Dispose() => _runner.Dispose();

    private static PreparedGraph.Frame NewFrame(PreparedGraph prepared, MemoryPlan plan)
    {
        byte[] memory = GC.AllocateUninitializedArray<byte>(checked((int)plan.Total + MemoryPlanner.Alignment), pinned: true);
        Memory<byte> arena = memory.AsMemory(Misalignment(memory), (int)plan.Total);
        return prepared.NewFrame(t => plan.Contains(t.Name) ? arena.Slice((int)plan[t.Name].Offset, (int)t.ByteCount) : default);
    }

    /// <summary>Bytes from the beginning of a pinned array to the first aligned one.</summary>
    private static unsafe int Misalignment(byte[] pinned)
    {
        fixed (byte* start = pinned)
        {
            return (int)(-(long)start & (MemoryPlanner.Alignment - 1));
        }
    }

    /// <summary>How many items all inputs hold; 1 where they do not agree, so that the border of the model names what is wrong.</summary>
    private int BatchOf(IReadOnlyDictionary<string, Tensor> inputs)
    {
        int batch = 0;
        foreach (string name in _graph.Inputs)
        {
            TensorSpec spec = _graph[name];
            if (!inputs.TryGetValue(name, out Tensor? value) || spec.Shape.Rank == 0 || value.Shape.Rank != spec.Shape.Rank || spec.Shape[0] == 0 || value.Shape[0] % spec.Shape[0] != 0)
            {
                return 1;
            }

            int items = value.Shape[0] / spec.Shape[0];
            if (value.Type != spec.Type || value.Shape != Stacked(spec, items) || (batch != 0 && items != batch))
            {
                return 1;
            }

            batch = items;
        }

        return batch;
    }

    private static Shape Stacked(TensorSpec tensor, int batch) => tensor.Shape.Rank == 0 ? new Shape(batch) : tensor.Shape.With(0, checked(tensor.Shape[0] * batch));

    private static Tensor Part(Tensor stack, TensorSpec item, int index)
    {
        int bytes = (int)item.ByteCount;
        return new Tensor(item.Type, item.Shape, stack.Bytes.Slice(index * bytes, bytes).ToArray());
    }
}
