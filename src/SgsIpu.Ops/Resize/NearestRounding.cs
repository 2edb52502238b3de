namespace SgsIpu.Ops;

/// <summary>Which pixel is nearest to a place between two.</summary>
public enum NearestRounding
{
    RoundPreferFloor,
    RoundPreferCeil,
    Floor,
    Ceil,
}
