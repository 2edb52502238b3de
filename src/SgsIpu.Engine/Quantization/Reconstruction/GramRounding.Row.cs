namespace SgsIpu.Engine.Quantization.Reconstruction;

internal sealed partial class GramRounding
{
    /// <summary>The weights of one output, in the order of rounding.</summary>
    private sealed class Row
    {
        /// <summary>Integers that a kick changes at most.</summary>
        private const int KickSize = 3;

        private readonly GramRounding _layer;
        private readonly int _n;
        private readonly int _levels;
        private readonly double _least;
        private readonly float[] _carried;
        private readonly int[] _integers;

        /// <summary>Gram times target, and Gram times integers.</summary>
        private readonly float[] _pull;
        private readonly float[] _push;
        private double _bestLoss = double.PositiveInfinity;

        public Row(GramRounding layer, ReadOnlySpan<float> target, int levels, double least)
        {
            _layer = layer;
            _n = layer._size;
            _levels = levels;
            _least = least;
            Target = new float[_n];
            _carried = new float[_n];
            _integers = new int[_n];
            Best = new int[_n];
            _pull = new float[_n];
            _push = new float[_n];
            for (int i = 0; i < _n; i++)
            {
                Target[i] = target[layer._order[i]];
            }

            for (int i = 0; i < _n; i++)
            {
                MatrixProducts.AddScaled(_pull, Target[i], GramRow(i));
            }
        }

        public float[] Target { get; }

        public int[] Best { get; private set; }

        public double BestScale { get; private set; }

        /// <summary>Each weight rounded on its own, so that the result is never worse.</summary>
        public void Start(double scale)
        {
            for (int i = 0; i < _n; i++)
            {
                _integers[i] = Nearest(Target[i] / scale);
            }

            Refresh();
            Keep(scale, Loss(scale));
        }

        /// <summary>Nearest plane: from the last to the first, each error carried on.</summary>
        public void Try(double scale)
        {
            Array.Clear(_carried);
            float[] factor = _layer._factor;
            double loss = 0;
            for (int i = _n - 1; i >= 0; i--)
            {
                float diagonal = factor[(i * _n) + i];
                double centre = Target[i] + (_carried[i] / diagonal);
                _integers[i] = Nearest(centre / scale);
                double miss = diagonal * (centre - (scale * _integers[i]));
                loss += miss * miss;
                if (loss >= _bestLoss)
                {
                    return;
                }

                MatrixProducts.AddScaled(_carried.AsSpan(0, i), (float)(Target[i] - (scale * _integers[i])), factor.AsSpan(i * _n, i));
            }

            Keep(scale, loss);
        }

        /// <summary>Coordinate descent and scale in turn; after that, kicks that are kept where they lead lower.</summary>
        public void Learn(int rounds, int seed, CancellationToken cancellationToken)
        {
            Best.CopyTo(_integers, 0);
            Refresh();
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
                        Best.CopyTo(_integers, 0);
                        Refresh();
                        scale = BestScale;
                    }

                    Kick(ref random);
                }
            }
        }

        private ReadOnlySpan<float> GramRow(int i) => _layer._gram.AsSpan(i * _n, _n);

        private int Nearest(double value) => (int)Math.Clamp(Math.Round(value, MidpointRounding.ToEven), -_levels, _levels);

        private void Refresh()
        {
            Array.Clear(_push);
            for (int i = 0; i < _n; i++)
            {
                if (_integers[i] != 0)
                {
                    MatrixProducts.AddScaled(_push, _integers[i], GramRow(i));
                }
            }
        }

        /// <summary>The loss of the integers, but for a constant that Babai's has as well.</summary>
        private double Loss(double scale)
        {
            double sum = 0;
            for (int i = 0; i < _n; i++)
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

                int wanted = (int)Math.Clamp(_integers[i] + Math.Round(step), -_levels, _levels);
                if (wanted != _integers[i])
                {
                    MatrixProducts.AddScaled(_push, wanted - _integers[i], GramRow(i));
                    _integers[i] = wanted;
                    moved = true;
                }
            }

            return moved;
        }

        private double BestScaleOf(double scale)
        {
            double up = 0;
            double down = 0;
            for (int i = 0; i < _n; i++)
            {
                up += (double)_integers[i] * _pull[i];
                down += (double)_integers[i] * _push[i];
            }

            return up > 0 && down > 0 ? Math.Max(_least, up / down) : scale;
        }

        private void Kick(ref SplitMix random)
        {
            for (int k = 0; k < KickSize; k++)
            {
                int i = (int)(random.Next() % (ulong)_n);
                int wanted = Math.Clamp(_integers[i] + ((random.Next() & 1) == 0 ? 1 : -1), -_levels, _levels);
                MatrixProducts.AddScaled(_push, wanted - _integers[i], GramRow(i));
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
