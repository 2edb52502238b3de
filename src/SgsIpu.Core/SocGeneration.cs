namespace SgsIpu.Core;

/// <summary>Generation of the accelerator; limits differ.</summary>
public enum SocGeneration
{
    /// <summary>The first generation (IPU100).</summary>
    Older,

    Newer,
}
