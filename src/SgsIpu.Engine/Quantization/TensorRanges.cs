using SgsIpu.Core;

namespace SgsIpu.Engine.Quantization;

/// <summary>The ranges that the integers of each tensor cover: what was decided from statistics, and what is known without them.</summary>
internal sealed class TensorRanges
{
    private readonly Dictionary<(string Tensor, DataType Type), (double Min, double Max)> _ranges = [];
    private readonly Dictionary<string, QuantParam> _channels = new(StringComparer.Ordinal);

    /// <summary>INT16 mappings with a scale for each channel, by tensor.</summary>
    public IReadOnlyDictionary<string, QuantParam> Wide { get; set; } = new Dictionary<string, QuantParam>();

    /// <summary>True where channels of a tensor that is none of the given ones have integers of their own for 0.</summary>
    public bool HaveOffsets(IEnumerable<string> except) => _channels.Any(c => !c.Value.Offsets.IsEmpty && !except.Contains(c.Key));

    /// <summary>Sets the range of a tensor for one integer type.</summary>
    public void Set(string tensor, DataType type, (double Min, double Max) range) => _ranges[(tensor, type)] = range;

    /// <summary>Sets the range of a tensor whatever its type.</summary>
    public void Set(string tensor, (double Min, double Max) range)
    {
        Set(tensor, DataType.UInt8, range);
        Set(tensor, DataType.Int16, range);
    }

    /// <summary>Gives a tensor a UINT8 mapping with a scale for each channel.</summary>
    public void SetChannels(string tensor, QuantParam mapping) => _channels[tensor] = mapping;

    public bool Has(string tensor, DataType type) => _ranges.ContainsKey((tensor, type));

    public (double Min, double Max) Range(string tensor, DataType type) => _ranges[(tensor, type)];

    /// <summary>The mapping of a tensor's range onto a type.</summary>
    public QuantParam Mapping(string tensor, DataType type)
    {
        if (type == DataType.UInt8 && _channels.TryGetValue(tensor, out QuantParam? channels))
        {
            return channels;
        }

        if (!_ranges.TryGetValue((tensor, type), out (double Min, double Max) r))
        {
            throw new IpuException("RangeUnknown", $"the range of tensor '{tensor}' is not known", IpuErrorKind.Internal) { Target = tensor };
        }

        return type == DataType.UInt8 ? QuantParam.UInt8(r.Min, r.Max) : QuantParam.Int16(r.Min, r.Max);
    }
}
