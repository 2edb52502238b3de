namespace SgsIpu.Core;

/// <summary>Kinds of failure, which the command line maps to its own categories.</summary>
public enum IpuErrorKind
{
    /// <summary>A file is damaged or does not follow its format.</summary>
    InvalidFile,

    /// <summary>A parameter, a configuration key or an input has a value that is not allowed.</summary>
    InvalidArgument,

    /// <summary>A model asks for something that no part of the tool chain supports.</summary>
    NotSupported,

    /// <summary>A file, tensor or node that was named does not exist.</summary>
    NotFound,

    /// <summary>Reading or writing failed.</summary>
    IO,

    /// <summary>An external program (a preprocessing script) failed.</summary>
    External,

    /// <summary>An invariant of the tool chain was broken: a defect in it, not in the input.</summary>
    Internal,
}

/// <summary>
/// The one exception of the tool chain. The message names the file, node or tensor, the value found, the values allowed and what to do;
/// <see cref="ErrorId"/> is stable across versions and languages, PascalCase, for example <c>OnnxTruncated</c>.
/// </summary>
public sealed class IpuException : Exception
{
    public IpuException(string errorId, string message, IpuErrorKind kind = IpuErrorKind.InvalidFile, Exception? inner = null)
        : base(message, inner)
    {
        ErrorId = errorId;
        Kind = kind;
    }

    public string ErrorId { get; }

    public IpuErrorKind Kind { get; }

    /// <summary>The file, node or tensor concerned, where one can be named.</summary>
    public string? Target { get; init; }
}
