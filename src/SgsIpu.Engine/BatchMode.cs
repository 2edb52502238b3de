namespace SgsIpu.Engine;

/// <summary>How an offline model runs several inputs at once.</summary>
public enum BatchMode
{
    /// <summary>Each input of the batch has a buffer of its own.</summary>
    NBuf,

    /// <summary>All inputs of the batch lie one after the other in one buffer.</summary>
    OneBuf,
}
