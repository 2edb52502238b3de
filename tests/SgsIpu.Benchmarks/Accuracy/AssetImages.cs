using SgsIpu.Core;
using SgsIpu.Engine;

namespace SgsIpu.Benchmarks.Accuracy;

/// <summary>Offline images of the networks of the assets, for what does not depend on how well they are calibrated.</summary>
internal static class AssetImages
{
    private const int Pictures = 4;

    /// <summary>Writes <c>network.format.img</c> for each network, in 8 and in 16 bits where it takes pictures; what cannot be made is told on standard error.</summary>
    /// <param name="names">Networks; all where none are given.</param>
    /// <returns>The files.</returns>
    public static IEnumerable<string> Write(string folder, IReadOnlyCollection<string> names)
    {
        foreach (AssetModel network in AssetModels.All.Where(m => names.Count == 0 || names.Contains(m.Name)))
        {
            foreach (string format in network.IsRaw ? [""] : new[] { "ALL_UINT8", "ALL_INT16" })
            {
                string path = Path.Combine(folder, $"{network.Name}{(format.Length > 0 ? "." : "")}{format}.img");
                try
                {
                    IpuModel real = network.Import(format);
                    IpuModel integers = IpuEngine.Calibrate(real, new CalibrationOptions(network.CalibrationSamples(real, Pictures)) { Level = CalibrationLevel.L1 });
                    IpuEngine.Export(IpuEngine.Compile(integers, new CompileOptions()), path, overwrite: true);
                }
                catch (IpuException e)
                {
                    Console.Error.WriteLine($"{network.Name} {format}: {e.ErrorId}: {e.Message}");
                    continue;
                }

                yield return path;
            }
        }
    }
}
