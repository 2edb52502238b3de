using System.Collections.Immutable;
using System.Runtime.Intrinsics;
using SgsIpu.Core;

namespace SgsIpu.Kernels;

/// <summary>The kernel forms that this machine has, and the one in use.</summary>
public static class KernelForms
{
    /// <summary>Environment variable that selects a form by name (scalar, v128, v256, v512, vnni).</summary>
    public const string Variable = "SGSIPU_KERNELS";

    private static KernelForm? _current;
    private static KernelForm? _currentProduct;

    /// <summary>The forms that this machine runs without emulation, narrowest first.</summary>
    public static ImmutableArray<KernelForm> Available { get; } =
    [
        KernelForm.Scalar,
        .. Vector128.IsHardwareAccelerated ? [KernelForm.V128] : ReadOnlySpan<KernelForm>.Empty,
        .. Vector256.IsHardwareAccelerated ? [KernelForm.V256] : ReadOnlySpan<KernelForm>.Empty,
        .. Vector512.IsHardwareAccelerated ? [KernelForm.V512] : ReadOnlySpan<KernelForm>.Empty,
    ];

    /// <summary>The form that new kernels use: the widest, or what <see cref="Variable"/> says.</summary>
    /// <exception cref="IpuException">The variable names no form of this machine (id <c>KernelForm</c>).</exception>
    public static KernelForm Current => _current ??= Choose(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The forms of convolutions and matrix products: <see cref="Available"/> and, where this machine has it, <see cref="KernelForm.Vnni"/>.</summary>
    public static ImmutableArray<KernelForm> Products { get; } =
        Available[^1] == KernelForm.V512 && VnniCode.Instance is not null ? [.. Available, KernelForm.Vnni] : Available;

    /// <summary>The form that new convolutions and matrix products use.</summary>
    /// <exception cref="IpuException">The variable names no form of this machine (id <c>KernelForm</c>).</exception>
    public static KernelForm CurrentProduct => _currentProduct ??= ChooseProduct(Environment.GetEnvironmentVariable(Variable));

    /// <summary>The form of a name, or the widest where there is none; vectors of 512 bits for <c>vnni</c>.</summary>
    /// <exception cref="IpuException">The name is no form of this machine (id <c>KernelForm</c>).</exception>
    public static KernelForm Choose(string? name) => (KernelForm)Math.Min((int)ChooseProduct(name), (int)KernelForm.V512);

    /// <summary>The form of a name for convolutions and matrix products, or the fastest where there is none.</summary>
    /// <exception cref="IpuException">The name is no form of this machine (id <c>KernelForm</c>).</exception>
    public static KernelForm ChooseProduct(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return Products[^1];
        }

        foreach (KernelForm form in Products)
        {
            if (string.Equals(form.ToString(), name, StringComparison.OrdinalIgnoreCase))
            {
                return form;
            }
        }

        string[] names = [.. Products.Select(f => f.ToString().ToLowerInvariant())];
        throw new IpuException("KernelForm", $"{Variable} is '{name}'; this machine has {string.Join(", ", names)}", IpuErrorKind.InvalidArgument) { Target = Variable };
    }
}
