namespace SgsIpu.Frontends.Caffe;

/// <summary>Which layers a network has at inference: its state is the test phase, and what the file says of level and stages.</summary>
internal sealed class CaffeState
{
    private readonly long _level;
    private readonly HashSet<string> _stages;

    public CaffeState(TextMessage net)
    {
        TextMessage[] states = [.. net.Messages("state")];
        _level = states.SelectMany(s => s.Integers("level")).LastOrDefault();
        _stages = [.. states.SelectMany(s => s.Texts("stage"))];
    }

    /// <summary>A layer with rules to include is there where one of them holds; one with rules to exclude, where none does.</summary>
    public bool Includes(TextMessage layer)
    {
        TextMessage[] include = [.. layer.Messages("include")];
        return include.Length > 0 ? include.Any(Holds) : !layer.Messages("exclude").Any(Holds);
    }

    private bool Holds(TextMessage rule) =>
        rule.Text("phase") is null or "TEST"
        && !rule.Integers("phase").Contains(0)
        && rule.Integers("min_level").All(l => _level >= l)
        && rule.Integers("max_level").All(l => _level <= l)
        && rule.Texts("stage").All(_stages.Contains)
        && !rule.Texts("not_stage").Any(_stages.Contains);
}
