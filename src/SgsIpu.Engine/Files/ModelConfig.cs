using System.Text;
using SgsIpu.Core;
using SgsIpu.Engine.Configuration;

namespace SgsIpu.Engine.Files;

/// <summary>The <c>input_config.ini</c> inside a model file.</summary>
internal static class ModelConfig
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static InputConfig Read(ReadOnlySpan<byte> utf8, string path, Func<string, IpuException> damaged)
    {
        try
        {
            return InputConfig.Parse(Strict.GetString(utf8), path);
        }
        catch (DecoderFallbackException)
        {
            throw damaged($"the configuration inside '{path}' is no UTF-8 text");
        }
    }
}
