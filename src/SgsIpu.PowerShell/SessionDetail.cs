namespace SgsIpu.PowerShell;

/// <summary>An input or output of a session: what the vendor's get_input_details and get_output_details return.</summary>
/// <param name="Index">Its position, for SetInput and GetOutput.</param>
public sealed record SessionDetail(int Index, string Name, int[] Shape, string DataType);
