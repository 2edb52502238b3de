namespace SgsIpu.Kernels.Tests;

public sealed class RunCopyTests
{
    [Fact]
    public void Runs_of_every_length_are_copied_and_nothing_else_is_written()
    {
        var random = new Random(8);
        for (int bytes = 0; bytes <= 200; bytes++)
        {
            int count = random.Next(0, 6);
            int sourceStep = random.Next(-bytes - 3, bytes + 9);
            int targetStep = bytes + random.Next(0, 5);
            byte[] source = new byte[3000];
            random.NextBytes(source);
            byte[] target = new byte[2000];
            byte[] expected = new byte[target.Length];
            int start = 1500;
            for (int i = 0; i < count; i++)
            {
                source.AsSpan(start + (i * sourceStep), bytes).CopyTo(expected.AsSpan(i * targetStep));
            }

            RunCopy.Copy(source, start, sourceStep, target, targetStep, count, bytes);
            Assert.Equal(expected, target);
        }
    }

    [Theory]
    [InlineData(200)]
    [InlineData(-200)]
    public void Many_runs_are_copied_by_any_number_of_threads(int sourceStep)
    {
        const int Count = 3000;
        byte[] source = new byte[Count * 200];
        new Random(9).NextBytes(source);
        int start = sourceStep < 0 ? source.Length - 200 : 0;
        byte[] one = new byte[Count * 70];
        byte[] three = new byte[one.Length];
        RunCopy.Copy(source, start, sourceStep, one, 70, Count, 66);
        RunCopy.Copy(source, start, sourceStep, three, 70, Count, 66, 3);
        Assert.Equal(source.AsSpan(start + (2999 * sourceStep), 66), one.AsSpan(2999 * 70, 66));
        Assert.Equal(one, three);
    }

    [Theory]
    [InlineData(0, 8, 0, 3)]
    [InlineData(1, 8, 8, 2)]
    [InlineData(7, -8, 8, 2)]
    [InlineData(0, 0, 9, 2)]
    public void Runs_beyond_the_spans_are_refused(int start, int sourceStep, int targetStep, int count) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => RunCopy.Copy(new byte[16], start, sourceStep, new byte[16], targetStep, count, 8));
}
