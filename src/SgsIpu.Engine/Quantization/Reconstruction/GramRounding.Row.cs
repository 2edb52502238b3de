using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SgsIpu.Engine.Quantization.Reconstruction;

internal sealed partial class GramRounding
{
    /// <summary>The weights of one output, in the order of rounding. Those of several outputs go through each step together.</summary>
    private sealed class Row
    {
        /// <summary>Integers that a kick changes at most.</summary>
        private const int KickSize = 3;

        private readonly GramRounding _layer;
        private readonly int _n;
        private readonly int _levels;
        private readonly double _least;
        private readonly float[] _carried;

        /// <summary>Whole numbers, which products with real ones take as they are.</summary>
        private readonly float[] _integers;

        /// <summary>Gram times target, and Gram times integers.</summary>
        private readonly float[] _pull;
        private readonly float[] _push;
        private double _bestLoss = double.PositiveInfinity;

        /// <summary>The scale that covers the largest weight.</summary>
        private readonly double _full;

        /// <summary>What is being tried, and the loss of the integers so far.</summary>
        private double _scale;
        private double _loss;

        public Row(GramRounding layer, ReadOnlySpan<float> target, int levels, double least)
        {
            _layer = layer;
            _n = layer._size;
            _levels = levels;
            _least = least;
            Target = new float[_n];
            _carried = new float[_n];
            _integers = new float[_n];
            Best = new float[_n];
            _pull = new float[_n];
            _push = new float[_n];
            double largest = 0;
            for (int i = 0; i < _n; i++)
            {
                Target[i] = target[layer._order[i]];
                largest = Math.Max(largest, Math.Abs(Target[i]));
            }

            _full = Math.Max(least, largest > 0 ? largest / levels : 1.0);
        }

        private float[] Target { get; }

        public float[] Best { get; }

        public double BestScale { get; private set; }

        /// <summary>Each weight rounded on its own, so that the result is never worse.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Start(Row[] rows)
        {
            for (int i = 0; i < rows[0]._n; i++)
            {
                foreach (Row row in rows)
                {
                    MatrixProducts.AddScaled(row._pull, row.Target[i], row.GramRow(i));
                    row.Best[i] = row.Nearest(row.Target[i] / row._full);
                }
            }

            Refresh(rows);
            foreach (Row row in rows)
            {
                row.Keep(row._full, row.Loss(row._full));
            }
        }

        /// <summary>Nearest plane: from the last weight to the first, each error carried on.</summary>
        /// <param name="part">Of the scale that covers the largest weight.</param>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Try(Row[] rows, double part)
        {
            foreach (Row row in rows)
            {
                Array.Clear(row._carried);
                row._scale = Math.Max(row._least, row._full * part);
                row._loss = 0;
            }

            for (int i = rows[0]._n - 1; i >= 0; i--)
            {
                foreach (Row row in rows)
                {
                    if (row._loss < row._bestLoss)
                    {
                        row.Carry(i);
                    }
                }
            }

            foreach (Row row in rows)
            {
                row.Keep(row._scale, row._loss);
            }
        }

        /// <summary>Begins anew from the best integers.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public static void Refresh(Row[] rows)
        {
            foreach (Row row in rows)
            {
                row.Best.CopyTo(row._integers, 0);
                Array.Clear(row._push);
            }

            for (int i = 0; i < rows[0]._n; i++)
            {
                foreach (Row row in rows)
                {
                    row.Push(i, row._integers[i]);
                }
            }
        }

        /// <summary>Coordinate descent and scale in turn; after that, kicks that are kept where they lead lower.</summary>
        public void Learn(int rounds, int seed, CancellationToken cancellationToken)
        {
            double scale = BestScale;
            var random = new SplitMix((ulong)seed);
            int settled = 0;
            for (int round = 0; round < rounds && settled < 8; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                bool moved = Descend(scale);
                scale = BestScaleOf(scale);
                double loss = Loss(scale);
                settled = loss < _bestLoss * (1 - 1e-6) ? 0 : settled + 1;
                if (loss < _bestLoss)
                {
                    Keep(scale, loss);
                }

                if (!moved)
                {
                    if (loss > _bestLoss)
                    {
                        Refresh([this]);
                        scale = BestScale;
                    }

                    Kick(ref random);
                }
            }
        }

        private ReadOnlySpan<float> GramRow(int i) => _layer._gram.AsSpan(i * _n, _n);

        private float Nearest(double value) => (float)Math.Clamp(Math.Round(value, MidpointRounding.ToEven), -_levels, _levels);

        private void Push(int i, float change)
        {
            if (change != 0)
            {
                MatrixProducts.AddScaled(_push, change, GramRow(i));
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private void Carry(int i)
        {
            ReadOnlySpan<float> factor = _layer._factor.AsSpan(i * _n, i + 1);
            float diagonal = factor[i];
            double centre = Target[i] + (_carried[i] / diagonal);
            _integers[i] = Nearest(centre / _scale);
            double miss = diagonal * (centre - (_scale * _integers[i]));
            _loss += miss * miss;
            if (_loss < _bestLoss)
            {
                MatrixProducts.AddScaled(_carried.AsSpan(0, i), (float)(Target[i] - (_scale * _integers[i])), factor[..i]);
            }
        }

        /// <summary>The loss of the integers, but for a constant that Babai's has as well.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private double Loss(double scale)
        {
            int width = Vector512<double>.Count;
            Vector512<double> sums = Vector512<double>.Zero;
            int i = 0;
            for (; i <= _n - width; i += width)
            {
                Vector512<double> miss = MatrixProducts.Wide(Target, i) - (MatrixProducts.Wide(_integers, i) * scale);
                sums += miss * (MatrixProducts.Wide(_pull, i) - (MatrixProducts.Wide(_push, i) * scale));
            }

            double sum = Vector512.Sum(sums);
            for (; i < _n; i++)
            {
                sum += (Target[i] - (scale * _integers[i])) * (_pull[i] - (scale * _push[i]));
            }

            return sum;
        }

        private void Keep(double scale, double loss)
        {
            if (loss < _bestLoss)
            {
                _bestLoss = loss;
                BestScale = scale;
                _integers.CopyTo(Best, 0);
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private bool Descend(double scale)
        {
            bool moved = false;
            for (int i = _n - 1; i >= 0; i--)
            {
                double gradient = _pull[i] - (scale * _push[i]);
                double step = gradient / (scale * GramRow(i)[i]);
                if (Math.Abs(step) <= 0.5)
                {
                    continue;
                }

                float wanted = (float)Math.Clamp(_integers[i] + Math.Round(step), -_levels, _levels);
                if (wanted != _integers[i])
                {
                    Push(i, wanted - _integers[i]);
                    _integers[i] = wanted;
                    moved = true;
                }
            }

            return moved;
        }

        private double BestScaleOf(double scale)
        {
            double up = MatrixProducts.WideDot(_integers, _pull);
            double down = MatrixProducts.WideDot(_integers, _push);
            return up > 0 && down > 0 ? Math.Max(_least, up / down) : scale;
        }

        private void Kick(ref SplitMix random)
        {
            for (int k = 0; k < KickSize; k++)
            {
                int i = (int)(random.Next() % (ulong)_n);
                float wanted = Math.Clamp(_integers[i] + ((random.Next() & 1) == 0 ? 1 : -1), -_levels, _levels);
                Push(i, wanted - _integers[i]);
                _integers[i] = wanted;
            }
        }
    }

    /// <summary>Vigna's SplitMix64: the same numbers on every machine.</summary>
    private struct SplitMix(ulong seed)
    {
        private ulong _state = seed;

        public ulong Next()
        {
            ulong z = _state += 0x9E3779B97F4A7C15;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
