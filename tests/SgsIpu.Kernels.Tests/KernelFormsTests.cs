using SgsIpu.Core;

namespace SgsIpu.Kernels.Tests;

public sealed class KernelFormsTests
{
    [Fact]
    public void Scalar_form_is_everywhere_and_first() => Assert.Equal((KernelForm.Scalar, KernelForm.Scalar), (KernelForms.Available[0], KernelForms.Products[0]));

    [Fact]
    public void Every_form_is_chosen_by_its_name_in_any_case()
    {
        foreach (KernelForm form in KernelForms.Products)
        {
            Assert.Equal(form, KernelForms.ChooseProduct(form.ToString().ToLowerInvariant()));
            Assert.Equal(form, KernelForms.ChooseProduct(form.ToString().ToUpperInvariant()));
        }
    }

    [Fact]
    public void Without_a_name_the_last_form_is_chosen() =>
        Assert.Equal((KernelForms.Available[^1], KernelForms.Products[^1]), (KernelForms.Choose(null), KernelForms.ChooseProduct("")));

    [Fact]
    public void Kernels_without_machine_code_use_a_vector_form()
    {
        foreach (KernelForm form in KernelForms.Products)
        {
            Assert.Contains(KernelForms.Choose(form.ToString()), KernelForms.Available);
        }
    }

    [Fact]
    public void An_unknown_name_is_refused_with_the_names_there_are()
    {
        IpuException error = Assert.Throws<IpuException>(() => KernelForms.Choose("v1024"));
        Assert.Equal("KernelForm", error.ErrorId);
        Assert.Contains("'v1024'", error.Message, StringComparison.Ordinal);
        Assert.Contains("scalar", error.Message, StringComparison.Ordinal);
    }
}
