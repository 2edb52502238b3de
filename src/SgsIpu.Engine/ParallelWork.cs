using System.Runtime.ExceptionServices;
using SgsIpu.Core;

namespace SgsIpu.Engine;

/// <summary>Work on all items at once that fails as work on one of them does.</summary>
internal static class ParallelWork
{
    /// <summary>Calls <paramref name="action"/> with every item and its position.</summary>
    /// <exception cref="IpuException">The first that an item caused.</exception>
    public static void ForEachParallel<T>(this IReadOnlyList<T> items, Action<T, int> action, CancellationToken cancellationToken) =>
        For(items.Count, Environment.ProcessorCount, i => action(items[i], i), cancellationToken);

    /// <summary>Calls <paramref name="action"/> with 0 to <paramref name="count"/> − 1.</summary>
    /// <param name="parallel">Calls at once, as far as there are cores.</param>
    /// <exception cref="IpuException">The first that a call caused.</exception>
    public static void For(int count, int parallel, Action<int> action, CancellationToken cancellationToken)
    {
        var options = new ParallelOptions { MaxDegreeOfParallelism = Math.Clamp(parallel, 1, Environment.ProcessorCount), CancellationToken = cancellationToken };
        try
        {
            Parallel.For(0, count, options, action);
        }
        catch (AggregateException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ExceptionDispatchInfo.Throw(e.InnerExceptions.OfType<IpuException>().FirstOrDefault() ?? e.InnerExceptions[0]);
        }
    }
}
