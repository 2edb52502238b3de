using SgsIpu.Core;
using SgsIpu.Engine.Files;
using SgsIpu.Engine.Preprocessing;

namespace SgsIpu.Engine.Tests.Quantization;

public sealed class StatisticsFileTests
{
    private const int Seed = 11;
    private const int Mutations = 300;

    [Fact]
    public void PartsMergeToTheBytesOfOneRunInAnyOrder()
    {
        string[] images = [.. Directory.EnumerateFiles(Path.Combine(SampleModel.Folder, "calibration")).Order(StringComparer.Ordinal)];
        byte[] whole = StatisticsFile.Write(Observed(images, 2));
        CalibrationStatistics[] parts = [Observed(images[..3], 1), Observed(images[3..5], 2), Observed(images[5..], 2)];
        Assert.Equal(whole, StatisticsFile.Write(CalibrationStatistics.Merge(parts)));
        CalibrationStatistics[] again = [.. parts.Reverse().Select(p => StatisticsFile.Read(StatisticsFile.Write(p), "part"))];
        Assert.Equal(whole, StatisticsFile.Write(CalibrationStatistics.Merge(again)));
    }

    [Theory]
    [InlineData(CalibrationLevel.L1)]
    [InlineData(CalibrationLevel.L5)]
    public void AFileGivesTheModelThatTheSamplesGive(CalibrationLevel level)
    {
        CalibrationStatistics read = StatisticsFile.Read(StatisticsFile.Write(All()), "file");
        Assert.Equal(
            SimFile.Write(SampleModel.Calibrate(SampleModel.Float, level, 2)),
            SimFile.Write(IpuEngine.Calibrate(SampleModel.Float, CalibrationOptions.From(read) with { Level = level })));
    }

    [Fact]
    public void SavingMemoryChangesNothing()
    {
        using FileSampleSource samples = SampleModel.Open(SampleModel.Float, "calibration");
        Assert.Equal(StatisticsFile.Write(All()), StatisticsFile.Write(IpuEngine.Observe(SampleModel.Float, new CalibrationOptions(samples) { MemorySaving = true })));
    }

    [Fact]
    public void StatisticsOfAnotherNormalizationAreRefused()
    {
        IpuModel other = SampleModel.With(t => t.Replace("std_value=", "std_value=2", StringComparison.Ordinal));
        Assert.Equal("StatisticsMismatch", Assert.Throws<IpuException>(() => IpuEngine.Calibrate(other, CalibrationOptions.From(All()))).ErrorId);
    }

    [Fact]
    public void NothingToMergeIsSaid() =>
        Assert.Equal("StatisticsAbsent", Assert.Throws<IpuException>(() => CalibrationStatistics.Merge([])).ErrorId);

    [Fact]
    public void ADamagedFileIsRefusedWhateverItsBytesAre()
    {
        byte[] file = StatisticsFile.Write(All());
        var random = new Random(Seed);
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bad = random.Next(3) == 0 ? file[..random.Next(file.Length)] : [.. file];
            if (bad.Length == file.Length)
            {
                bad[random.Next(bad.Length)] ^= (byte)random.Next(1, 256);
            }

            Refused(bad);
        }
    }

    [Fact]
    public void ContentThatOnlyItsChecksumVouchesForIsRefusedOrHarmless()
    {
        byte[] good = StatisticsFile.Write(All());
        byte[] content = Content(good);
        var random = new Random(Seed);
        for (int i = 0; i < Mutations; i++)
        {
            byte[] bad = random.Next(4) == 0 ? content[..random.Next(content.Length)] : [.. content];
            for (int n = random.Next(1, 4); n > 0 && bad.Length > 0; n--)
            {
                bad[random.Next(random.Next(2) == 0 ? Math.Min(bad.Length, 400) : bad.Length)] = (byte)random.Next(256);
            }

            try
            {
                StatisticsFile.Read(Sealed(good, bad), "bad");
            }
            catch (IpuException e)
            {
                Assert.Equal("StatisticsDamaged", e.ErrorId);
            }
        }
    }

    private static void Refused(byte[] file)
    {
        IpuException e = Assert.Throws<IpuException>(() => StatisticsFile.Read(file, "bad"));
        Assert.Contains(e.ErrorId, new[] { "StatisticsFormat", "StatisticsVersion", "StatisticsDamaged" });
    }

    private static byte[] Content(byte[] file)
    {
        using var deflate = new System.IO.Compression.DeflateStream(new MemoryStream(file, 16, file.Length - 48), System.IO.Compression.CompressionMode.Decompress);
        using var content = new MemoryStream();
        deflate.CopyTo(content);
        return content.ToArray();
    }

    /// <param name="like">A file whose name and version are taken.</param>
    private static byte[] Sealed(byte[] like, byte[] content)
    {
        using var file = new MemoryStream();
        file.Write(like.AsSpan(0, 12));
        file.Write(BitConverter.GetBytes(content.Length));
        using (var deflate = new System.IO.Compression.DeflateStream(file, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true))
        {
            deflate.Write(content);
        }

        file.Write(System.Security.Cryptography.SHA256.HashData(file.ToArray()));
        return file.ToArray();
    }

    private static CalibrationStatistics All()
    {
        using FileSampleSource samples = SampleModel.Open(SampleModel.Float, "calibration");
        return IpuEngine.Observe(SampleModel.Float, new CalibrationOptions(samples) { NumProcess = 2 });
    }

    private static CalibrationStatistics Observed(string[] images, int parallel)
    {
        using FileSampleSource samples = SampleSources.Open(SampleModel.Float, new SampleSourceOptions([.. images]));
        return IpuEngine.Observe(SampleModel.Float, new CalibrationOptions(samples) { NumProcess = parallel });
    }
}
