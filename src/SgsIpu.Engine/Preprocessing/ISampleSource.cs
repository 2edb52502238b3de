namespace SgsIpu.Engine.Preprocessing;

/// <summary>Inputs for a model, read one at a time, from any number of threads at once.</summary>
public interface ISampleSource
{
    int Count { get; }

    /// <summary>Reads one sample.</summary>
    /// <param name="index">In [0, <see cref="Count"/>).</param>
    /// <param name="norm">True for the normalized real numbers that a float model takes; false for what the board hands over to a fixed or offline model.</param>
    /// <exception cref="Core.IpuException">The file cannot be read or does not fit the model's input.</exception>
    Sample Read(int index, bool norm, CancellationToken cancellationToken);
}
