using SgsIpu.Core;
using SgsIpu.Engine.Compilation.Scheduling;
using SgsIpu.Ops;

namespace SgsIpu.Engine.Quantization;

/// <summary>What 16 bits for a node take of a budget, before it is done: no less than the model then really costs more.</summary>
internal sealed class BudgetedCosts
{
    /// <summary>The whole budget in the unit of <see cref="Of"/>.</summary>
    public const long Whole = 1_000_000;

    private readonly Dictionary<string, IpuCommandCost> _commands;
    private readonly CostBudget _budget;
    private readonly SocFigures _soc;
    private readonly IpuModelCost _cost;

    /// <param name="model">The fixed model with as few bits as may be.</param>
    /// <exception cref="IpuException">The model costs more than the budget as it is (id <c>BudgetTooSmall</c>).</exception>
    public BudgetedCosts(IpuModel model, CostBudget budget, CancellationToken cancellationToken)
    {
        SocProfile soc = SocProfile.Known(model.SocVersion);
        _soc = soc.Figures;
        _budget = budget;
        _cost = CostModel.Measure(model, soc, 0, cancellationToken);
        _commands = _cost.Commands.ToDictionary(c => c.Node, StringComparer.Ordinal);
        if (Excess(_cost) is { } excess)
        {
            throw new IpuException("BudgetTooSmall", $"'{model.Name}' takes {excess} on {soc.Name} with 8-bit convolutions already; raise the limit", IpuErrorKind.InvalidArgument) { Target = model.Name };
        }
    }

    /// <summary>How a model exceeds the budget, in words; null where it keeps it.</summary>
    public string? Excess(IpuModelCost cost) =>
        cost.Cycles > _budget.MaxCycles ? FormattableString.Invariant($"{cost.Cycles:0} of {_budget.MaxCycles:0} cycles")
        : cost.DramBytes > _budget.MaxBytes ? FormattableString.Invariant($"{cost.DramBytes} of {_budget.MaxBytes} bytes of memory traffic")
        : null;

    /// <summary>
    /// The part of what is left of the budget, in millionths. A command that is bound by arithmetic slows down as the rates of the chip say,
    /// one that is bound by memory moves at most twice the bytes.
    /// </summary>
    public long Of(Node node)
    {
        if (!_commands.TryGetValue(node.Name, out IpuCommandCost? command))
        {
            return Whole + 1;
        }

        double slower = node.Op is DepthwiseConv2DOp ? 2 : Math.Max(2, _soc.Macs8PerCycle.Value / _soc.Macs16PerCycle.Value);
        double cycles = _budget.MaxCycles is { } most ? Part(command.Cycles * (slower - 1), most - _cost.Cycles) : 0;
        double bytes = _budget.MaxBytes is { } room ? Part(command.DramBytes, room - _cost.DramBytes) : 0;
        return (long)Math.Ceiling(Math.Min(Math.Max(cycles, bytes), 2) * Whole);
    }

    private static double Part(double more, double left) => more <= 0 ? 0 : left > 0 ? more / left : 2;
}
